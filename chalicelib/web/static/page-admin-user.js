/* One user, for operators: details, wallet, postings, operator activity, freezing. */

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

export default function User({ params: { id }, query }) {
  const page = useLoad((signal) => load(id, query.get("name"), signal), [id]);
  const [notice, setNotice] = useState(null);
  const [isDialogOpen, setDialogOpen] = useState(false);
  const done = (text) => (setDialogOpen(false), setNotice(text), page.reload());
  return html`<p><a class="back" href="#/users">Users</a></p>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${LoadedContent} state=${page}>${({ user, account, audit }) => html`<div class="stack">
      <div class="title"><div><h1>${user.username}</h1><${Status} value=${user.status} /></div>
        ${
          user.role !== "ADMIN" &&
          html`<${Button} icon=${user.status === "FROZEN" ? "circle-check" : "snowflake"}
          onClick=${() => setDialogOpen(true)}>${user.status === "FROZEN" ? "Unfreeze" : "Freeze"}<//>`
        }</div>
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
      <${Card} title="Operator activity"><${AuditTable} entries=${audit} /><//></div>
      ${
        isDialogOpen &&
        html`<${FreezeDialog} user=${user} onDone=${done}
        onClose=${() => setDialogOpen(false)} />`
      }`}<//>`;
}

function FreezeDialog({ user, onDone, onClose }) {
  const isFrozen = user.status === "FROZEN";
  const verb = isFrozen ? "Unfreeze" : "Freeze";
  const form = useForm({ reason: "" }, { reason: validate.required("a reason for the audit trail") });
  const [key] = useState(() => crypto.randomUUID());
  const submit = async ({ reason }) => {
    await send("POST", `api/admin/users/${user.id}/${isFrozen ? "unfreeze" : "freeze"}/`, { body: { reason }, key });
    onDone(`${user.username} is ${isFrozen ? "no longer" : "now"} frozen.`);
  };
  return html`<${Dialog} title=${`${verb} ${user.username}?`} onClose=${onClose}>
    <p>${
      isFrozen
        ? "Money can leave this wallet again."
        : "A frozen account receives money and repays its loans. It makes no other payment, request, offer or acceptance."
    }</p>
    <${Form} form=${form} onSubmit=${submit} label=${verb}><${TextField} form=${form}
      name="reason" label="Reason" maxlength="255" />
      <p class="actions end"><${Button} onClick=${onClose}>Back<//><${Button}
        kind=${`primary ${isFrozen ? "" : "danger"}`} type="submit"
        busy=${form.busy}>${verb} ${user.username}<//></p><//><//>`;
}
