/* All users, for operators, with a search by the start of the username or email. */

import { Card, html, sentenceCase, Status } from "./ui.js";
import { ClearFilters, SearchFilter } from "./filters.js";
import { List, useList } from "./table.js";
import { formatUtc } from "./dates.js";

/** A user's first and last name, or a dash. */
export function fullName({ first_name: first, last_name: last }) {
  return [first, last].filter(Boolean).join(" ") || "–";
}

function userLink({ id, username }) {
  return html`<a href=${`#/users/${id}?name=${encodeURIComponent(username)}`}>${username}</a>`;
}

const COLUMNS = [
  ["User", userLink, { head: true }],
  ["Name", fullName],
  ["Email", (user) => user.email],
  ["Role", (user) => sentenceCase(user.role)],
  ["Status", (user) => html`<${Status} value=${user.disabled ? "DISABLED" : user.status} />`],
  ["Registered", (user) => formatUtc(user.created_at)],
];

export default function Users({ query }) {
  const q = query.get("q") ?? "";
  const list = useList("api/admin/users/", { q });
  return html`<h1>Users</h1><${Card}><${SearchFilter} key=${q ? "found" : "all"} query=${q}
      label="Name or email" />
    <${List} list=${list} columns=${COLUMNS} caption="Users" keyOf=${(user) => user.id} empty=${{
      icon: "search",
      title: "No users found.",
      action: html`<${ClearFilters} names=${["q"]} label="Show all" />`,
    }} /><//>`;
}
