/* The choice of the bank account to which a withdrawal goes. */

import { EmptyState, html } from "./ui.js";
import { businessTime, formatDateTime } from "./dates.js";

/** True if money can be withdrawn to an account now. */
export function isUsable({ usable_from: from }) {
  return Date.parse(from) <= businessTime();
}

/** "You can use this account from 30 Nov 2026, 14:05.", or null if it can be used now. */
export function usableFromText(account) {
  return isUsable(account) ? null : `You can use this account from ${formatDateTime(account.usable_from)}.`;
}

/** Radio buttons for the accounts; those that can't be used yet say from when they can. */
export function BankAccountChoice({ form, accounts }) {
  if (accounts.length === 0) {
    return html`<${EmptyState} icon="landmark" title="Add a bank account to withdraw money.">
      <a class="button primary" href="#/wallet/bank-accounts">Add bank account</a><//>`;
  }
  const error = form.errors.bank_account_id;
  return html`<fieldset class="choices" aria-describedby=${error ? "bank-account-error" : undefined}>
    <legend>Withdraw to</legend>
    ${accounts.map(
      (account) => html`<label class="choice" key=${account.id}>
      <input type="radio" name="bank_account_id" disabled=${!isUsable(account)}
        checked=${form.texts.bank_account_id === account.id}
        aria-invalid=${error ? "true" : undefined}
        onChange=${() => form.set("bank_account_id", account.id)} />
      <span><strong>${account.holder}</strong> <span class="tnum">${account.masked}</span>
        ${usableFromText(account) && html`<small>${usableFromText(account)}</small>`}</span></label>`,
    )}
    ${error && html`<p class="error" id="bank-account-error">${error}</p>`}
    <a class="small" href="#/wallet/bank-accounts">Manage bank accounts</a></fieldset>`;
}
