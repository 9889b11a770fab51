/* The bank accounts to which a user can withdraw: adding and removing them. */

import { Button, Card, EmptyState, html, LoadedContent, Notice, useLoad, useState } from "./ui.js";
import { BankAccountForm } from "./bank-account-form.js";
import { get, send } from "./api.js";
import { formatDate } from "./dates.js";
import { usableFromText } from "./bank-account-choice.js";
import { useActionDialog } from "./dialog.js";

const MAX_ACCOUNTS = 10;

export default function BankAccounts() {
  const page = useLoad((signal) => get("api/bank-accounts/", null, signal));
  const [isAdding, setAdding] = useState(false);
  const [notice, setNotice] = useState(null);
  const dialog = useActionDialog();
  const done = (text) => (setNotice(text), setAdding(false), page.reload());
  const canAdd = !isAdding && page.data && page.data.items.length < MAX_ACCOUNTS;
  return html`<p><a class="back" href="#/wallet">Wallet</a></p>
    <div class="title"><h1>Bank accounts</h1>
      ${
        canAdd && html`<${Button} kind="primary" icon="plus" onClick=${() => setAdding(true)}>Add bank account<//>`
      }</div>
    <p class="lead">You can withdraw money to these accounts. They must be in your own name.</p>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    ${isAdding && html`<${BankAccountForm} onDone=${done} onBack=${() => setAdding(false)} />`}
    <${LoadedContent} state=${page}>${({ items }) =>
      items.length === 0
        ? !isAdding && html`<${Card}><${EmptyState} icon="landmark" title="No bank accounts yet." /><//>`
        : html`<div class="grid top">${items.map(
            (account) => html`<${BankAccount} key=${account.id}
            account=${account} onRemove=${() => dialog.open(removal(account, done))} />`,
          )}</div>
          ${
            items.length >= MAX_ACCOUNTS &&
            html`<p class="muted">You can have up to ${MAX_ACCOUNTS} bank accounts.</p>`
          }`}<//>
    ${dialog.element}`;
}

function BankAccount({ account, onRemove }) {
  const waiting = usableFromText(account);
  return html`<${Card}><div class="account-card"><div><h2>${account.holder}</h2>
      <p class="tnum">${account.masked}</p>
      <p class="muted small">${account.type === "IBAN" ? "IBAN" : "US account"}, added
        ${" "}${formatDate(account.created_at)}</p></div></div>
    ${waiting && html`<${Notice} title=${waiting}><p>This waiting period protects your money.</p><//>`}
    <p class="actions"><${Button} onClick=${onRemove}
      aria-label=${`Remove ${account.holder}, ${account.masked}`}>Remove<//></p><//>`;
}

function removal(account, done) {
  return {
    title: "Remove this bank account?",
    text:
      `${account.holder}, ${account.masked}. Withdrawals that you have already requested are still paid to it. ` +
      "To use it again, you’ll have to add it and wait again.",
    verb: "Remove bank account",
    kind: "danger",
    busyText: "Removing…",
    send: (key) => send("DELETE", `api/bank-accounts/${account.id}/`, { key }),
    onDone: () => done("Bank account removed."),
  };
}
