/* One user, for operators: details, wallet, postings, activity; freezing, signing out and disabling. */

import { Button, Card, DescriptionList, html, LoadedContent, Notice, sentenceCase, Status } from "./ui.js";
import { useLoad, useState } from "./ui.js";
import { Dialog } from "./dialog.js";
import { Form, TextField, useForm, validate } from "./forms.js";
import { get, Problem, send } from "./api.js";
import { formatMoney } from "./money.js";
import { fullName } from "./page-admin-users.js";
import { Postings } from "./postings-table.js";
import { AuditTable } from "./audit-table.js";
import { formatUtc } from "./dates.js";

async function load(id, name, signal) {
  const [users, account, audit] = await Promise.all([
    get("api/admin/users/", { q: name, limit: 100 }, signal),
    get(`api/admin/ledger/accounts/wallet:${id}/`, { limit: 20 }, signal),
    get("api/admin/audit/", { limit: 100 }, signal),
  ]);
  const user = users.items.find((item) => item.id === id);
  if (!user) throw new Problem({ status: 404, code: "not_found" });
  return { user, account, audit: audit.items.filter((entry) => entry.subject === `user:${id}`) };
}

export default function User({ user: operator, params: { id }, query }) {
  const page = useLoad((signal) => load(id, query.get("name"), signal), [id]);
  const [notice, setNotice] = useState(null);
  const [action, setAction] = useState(null);
  const done = (text) => (setAction(null), setNotice(text), page.reload());
  return html`<p><a class="back" href="#/users">Users</a></p>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${LoadedContent} state=${page}>${({ user, account, audit }) => html`<div class="stack">
      <div class="title"><div><h1>${user.username}</h1><${Status}
          value=${user.disabled ? "DISABLED" : user.status} /></div>
        <p class="actions">${actionsFor(user, operator).map(
          (each) => html`<${Button} key=${each.verb} icon=${each.icon}
          onClick=${() => setAction(each)}>${each.verb}<//>`,
        )}</p></div>
      <div class="grid"><${Card} title="Details"><${DescriptionList} items=${[
        ["Name", fullName(user)],
        ["Email", user.email],
        ["Role", sentenceCase(user.role)],
        ["Registered", formatUtc(user.created_at)],
        ["ID", user.id],
      ]} /><//>
      <${Card} title="Wallet"><p class="figure">${formatMoney(account.balance)}</p>
        <p><a href=${`#/ledger/wallet:${id}`}>View all postings</a></p><//></div>
      <${Card} title="Latest postings"><${Postings} items=${account.items} balance=${account.balance} /><//>
      <${Card} title="Activity"><${AuditTable} entries=${audit} /><//></div>
      ${
        action &&
        html`<${ReasonDialog} user=${user} action=${action} onDone=${done} onClose=${() => setAction(null)} />`
      }`}<//>`;
}

const FREEZE = {
  verb: "Freeze",
  icon: "snowflake",
  kind: "danger",
  path: "freeze/",
  text:
    "A frozen account can receive money and repay its own loans, but not withdraw, lend or borrow. Its open offers " +
    "are withdrawn, its auto-invest rules turned off and its open requests hidden.",
  completed: "is now frozen.",
};
const UNFREEZE = {
  verb: "Unfreeze",
  icon: "circle-check",
  path: "unfreeze/",
  text:
    "The account can withdraw, lend and borrow again, and its open requests are shown. Auto-invest rules stay off " +
    "until the owner turns them on.",
  completed: "is no longer frozen.",
};
const SIGN_OUT = {
  verb: "Sign out",
  icon: "log-out",
  kind: "danger",
  path: "sign-out/",
  text: "This ends all sessions of the account. The user can sign in again with their password.",
  completed: "is signed out everywhere.",
};
const DISABLE = {
  verb: "Disable",
  icon: "ban",
  kind: "danger",
  method: "PATCH",
  path: "",
  body: { disabled: true },
  text: "A disabled operator is signed out and can’t sign in.",
  completed: "is now disabled.",
};
const ENABLE = { ...DISABLE, verb: "Enable", icon: "circle-check", kind: "", body: { disabled: false } };

/** The actions that an operator can take on an account. Operators can’t sign out or disable themselves here. */
function actionsFor(user, operator) {
  if (user.id === operator.id) return [];
  if (user.role !== "ADMIN") return [SIGN_OUT, user.status === "FROZEN" ? UNFREEZE : FREEZE];
  return user.disabled
    ? [{ ...ENABLE, text: "The operator can sign in again.", completed: "is enabled again." }]
    : [SIGN_OUT, DISABLE];
}

function ReasonDialog({ user, action, onDone, onClose }) {
  const { verb, kind = "", text, completed, method = "POST", path, body } = action;
  const form = useForm({ reason: "" }, { reason: validate.required("a reason for the audit trail") });
  const [key] = useState(() => crypto.randomUUID());
  const submit = async ({ reason }) => {
    await send(method, `api/admin/users/${user.id}/${path}`, { body: { ...body, reason }, key });
    onDone(`${user.username} ${completed}`);
  };
  return html`<${Dialog} title=${`${verb} ${user.username}?`} onClose=${onClose}>
    <p>${text}</p>
    <${Form} form=${form} onSubmit=${submit} label=${verb}><${TextField} form=${form}
      name="reason" label="Reason" maxlength="255" />
      <p class="actions end"><${Button} onClick=${onClose}>Back<//><${Button} kind=${`primary ${kind}`} type="submit"
        busy=${form.busy}>${verb} ${user.username}<//></p><//><//>`;
}
