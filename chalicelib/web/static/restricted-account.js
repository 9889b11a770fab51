/* The explanation of a restricted account: what is owed, why, and how to clear it. */

import { Button, html, RestrictedNotice } from "./ui.js";
import { formatMoney, toCents } from "./money.js";
import { setQuery } from "./router.js";

/** True while the owner of a wallet owes money. */
export function isRestricted({ receivable }) {
  return toCents(receivable ?? "0") > 0;
}

/** The explanation with a button that starts a deposit of the amount owed, or nothing. */
export function RestrictedAccount({ wallet, onDeposit }) {
  if (!isRestricted(wallet)) return null;
  const amount = formatMoney(wallet.receivable);
  const handleClick = () => (setQuery({ add: wallet.receivable }), onDeposit());
  return html`<${RestrictedNotice} amount=${amount}>
    <p>A bank returned a deposit after you had used the money. Until you have paid back ${amount}, you can’t withdraw
      or lend. You can still repay your loans.</p>
    <p>Money that reaches your wallet pays the amount you owe first.</p>
    <p class="actions"><${Button} kind="primary" onClick=${handleClick}>Deposit ${amount}<//>
      <a class="button" href="#/wallet?type=DEPOSIT_RETURN">View returned deposits</a></p><//>`;
}
