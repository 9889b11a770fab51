/* One user for operators: the person, the wallet, what operators did, and the freeze. */

import { Button, Card, Facts, html, Loaded, Notice, sentenceCase, Status, useLoad, useState } from "./ui.js";
import { Dialog } from "./dialog.js";
import { Form, rule, TextField, useForm } from "./field.js";
import { get, Problem, send } from "./api.js";
import { money } from "./money.js";
import { Postings } from "./ledger-parts.js";
import { Entries } from "./audit-parts.js";
import { utcText } from "./dates.js";

async function load(id, name, signal) {
  const [users, account, audit] = await Promise.all([
    get("api/admin/users/", { q: name, limit: 100 }, signal),
    get(`api/admin/ledger/accounts/wallet:${id}/`, { limit: 20 }, signal),
    get("api/admin/audit/", { limit: 100 }, signal),
  ]);
  const person = users.items.find((one) => one.id === id);
  if (!person) throw new Problem({ status: 404, code: "not_found" });
  return { person, account, audit: audit.items.filter((entry) => entry.subject === `user:${id}`) };
}

export default function User({ params: { id }, query }) {
  const page = useLoad((signal) => load(id, query.get("name"), signal), [id]);
  const [said, setSaid] = useState(null);
  const [isAsking, setAsking] = useState(false);
  const done = (text) => (setAsking(false), setSaid(text), page.reload());
  return html`<p><a class="back" href="#/users">Users</a></p>
    ${said && html`<${Notice} kind="good" title=${said} />`}
    <${Loaded} of=${page}>${({ person, account, audit }) => html`<div class="stack">
      <div class="title"><div><h1>${person.username}</h1><${Status} of=${person.status} /></div>
        ${
          person.role !== "ADMIN" &&
          html`<${Button} icon=${person.status === "FROZEN" ? "circle-check" : "snowflake"}
          onClick=${() => setAsking(true)}>${person.status === "FROZEN" ? "Unfreeze" : "Freeze"}<//>`
        }</div>
      <div class="grid"><${Card} title="Person"><${Facts} of=${[
        ["Name", [person.first_name, person.last_name].filter(Boolean).join(" ") || "–"],
        ["E-mail", person.email],
        ["Role", sentenceCase(person.role)],
        ["Since", utcText(person.created_at)],
        ["Id", person.id],
      ]} /><//>
      <${Card} title="Wallet"><p class="figure">${money(account.balance)}</p>
        <p><a href=${`#/ledger/wallet:${id}`}>All postings</a></p><//></div>
      <${Card} title="Latest postings"><${Postings} items=${account.items} balance=${account.balance} /><//>
      <${Card} title="What operators did"><${Entries} entries=${audit} /><//></div>
      ${isAsking && html`<${Freeze} person=${person} onDone=${done} onClose=${() => setAsking(false)} />`}`}<//>`;
}

function Freeze({ person, onDone, onClose }) {
  const isFrozen = person.status === "FROZEN";
  const verb = isFrozen ? "Unfreeze" : "Freeze";
  const form = useForm({ reason: "" }, { reason: rule.required("a reason; it stands in the audit trail") });
  const [key] = useState(() => crypto.randomUUID());
  const act = async ({ reason }) => {
    await send("POST", `api/admin/users/${person.id}/${isFrozen ? "unfreeze" : "freeze"}/`, { body: { reason }, key });
    onDone(isFrozen ? `${person.username} may move money again.` : `${person.username} is frozen.`);
  };
  return html`<${Dialog} title=${`${verb} ${person.username}?`} onClose=${onClose}>
    <p>${
      isFrozen
        ? "Money can leave this wallet again."
        : "No money leaves a frozen wallet, repayments included. Money still comes in."
    }</p>
    <${Form} form=${form} onSubmit=${act} label=${verb}><${TextField} form=${form}
      name="reason" label="Reason" maxlength="255" />
      <p class="actions end"><${Button} onClick=${onClose}>Back<//><${Button}
        kind=${`primary ${isFrozen ? "" : "danger"}`} type="submit"
        busy=${form.busy} busyText="One moment…">${verb} ${person.username}<//></p><//><//>`;
}
