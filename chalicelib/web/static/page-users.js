/* All users, found by the beginning of their name or e-mail. */

import { Button, Card, html, sentenceCase, Status, useEffect, useState } from "./ui.js";
import { List, useList } from "./table.js";
import { setQuery } from "./router.js";
import { utcText } from "./dates.js";

const PAUSE_MS = 300;
const COLUMNS = [
  [
    "User",
    (one) => html`<a href=${`#/users/${one.id}?name=${encodeURIComponent(one.username)}`}>${one.username}</a>`,
    { head: true },
  ],
  ["Name", (one) => [one.first_name, one.last_name].filter(Boolean).join(" ") || "–"],
  ["E-mail", (one) => one.email],
  ["Role", (one) => sentenceCase(one.role)],
  ["Status", (one) => html`<${Status} of=${one.status} />`],
  ["Since", (one) => utcText(one.created_at)],
];

/** A search that is put into the address when typing pauses. */
export function Search({ name = "q", label, given }) {
  const [text, setText] = useState(given);
  useEffect(() => {
    const timer = setTimeout(() => text.trim() !== given && setQuery({ [name]: text.trim() }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class="filters" role="search"><div class="field"><label for=${name}>${label}</label>
    <input class="control" type="search" id=${name} value=${text} autocomplete="off" spellcheck="false"
      onInput=${(event) => setText(event.currentTarget.value)} /></div></div>`;
}

export default function Users({ query }) {
  const q = query.get("q") ?? "";
  const list = useList("api/admin/users/", { q });
  return html`<h1>Users</h1><${Card}><${Search} key=${q ? "found" : "all"} label="User name or e-mail begins with"
    given=${q} />
    <${List} list=${list} columns=${COLUMNS} caption="Users" keyOf=${(one) => one.id} empty=${{
      icon: "search",
      title: "Nobody matches.",
      way: html`<${Button} onClick=${() => setQuery({ q: "" })}>Show all<//>`,
    }} /><//>`;
}
