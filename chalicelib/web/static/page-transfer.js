/* One deposit or withdrawal: its progress, the instructions of a deposit, cancelling, and test controls. */

import { Button, Card, DescriptionList, html, LoadedContent, Notice, useLoad, useState } from "./ui.js";
import { failureText, isCancellable, sandboxEvents } from "./transfer-states.js";
import { DepositInstructions } from "./deposit-instructions.js";
import { formatDateTime } from "./dates.js";
import { formatMoney } from "./money.js";
import { get } from "./api.js";
import { PROVIDER } from "./deployment.js";
import { SandboxControls } from "./sandbox-controls.js";
import { TransferStatus } from "./page-transfers.js";
import { TransferTimeline } from "./transfer-timeline.js";
import { useConfirmation } from "./dialog.js";

const OUTCOMES = {
  FAILED: ["bad", "This deposit failed. No money was added to your wallet."],
  EXPIRED: ["warn", "This deposit expired. If you have already sent the money, we’ll add it when it arrives."],
  REJECTED: ["bad", "We couldn’t pay your bank account. The money is back in your wallet."],
};
const RETURNED = {
  DEPOSIT: ["bad", "The bank returned this deposit, so we took the money from your wallet."],
  WITHDRAWAL: ["warn", "The bank returned this withdrawal. The money is back in your wallet."],
};

async function load(id, signal) {
  const transfer = await get(`api/transfers/${id}/`, null, signal);
  if (!transfer.bank_account_id) return { transfer, account: null };
  const accounts = await get("api/bank-accounts/", null, signal);
  return { transfer, account: accounts.items.find((item) => item.id === transfer.bank_account_id) };
}

export default function TransferPage({ user, params: { id } }) {
  const page = useLoad((signal) => load(id, signal), [id]);
  const [notice, setNotice] = useState(null);
  const confirmation = useConfirmation(user);
  const done = (text) => (setNotice(text), page.reload());
  return html`<p><a class="back" href="#/wallet/transfers">Deposits and withdrawals</a></p>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${LoadedContent} state=${page}>${({ transfer, account }) => html`<div class="stack">
      <div class="title"><div><h1>${titleOf(transfer)}</h1><${TransferStatus} transfer=${transfer} /></div></div>
      <${Outcome} transfer=${transfer} />
      ${
        transfer.status === "PENDING" &&
        transfer.instructions &&
        html`<${DepositInstructions} instructions=${transfer.instructions} />`
      }
      <div class="grid"><${Card} title="Progress"><${TransferTimeline} transfer=${transfer} />
        ${
          isCancellable(transfer) &&
          html`<p class="actions"><${CancelButton} ...${{ transfer, confirmation, done }} /></p>`
        }<//>
        <${Card} title="Details"><${DescriptionList} items=${[
          ["Amount", formatMoney(transfer.amount)],
          account && ["To", `${account.holder}, ${account.masked}`],
          !account && transfer.bank_account_id && ["To", "A bank account that you have removed"],
          transfer.reference && ["Reference", transfer.reference],
          transfer.description && ["Note", transfer.description],
          ["Started", formatDateTime(transfer.created_at)],
          ["ID", transfer.id],
        ]} /><//></div>
      ${
        PROVIDER === "sandbox" &&
        sandboxEvents(transfer).length > 0 &&
        html`<${SandboxControls} transfer=${transfer} onDone=${done} />`
      }</div>`}<//>${confirmation.element}`;
}

function titleOf({ direction, amount }) {
  return `${direction === "DEPOSIT" ? "Deposit" : "Withdrawal"} of ${formatMoney(amount)}`;
}

function Outcome({ transfer: { direction, status, failure_code: code } }) {
  const [kind, title] = (status === "RETURNED" ? RETURNED[direction] : OUTCOMES[status]) ?? [];
  return title && html`<${Notice} kind=${kind} title=${title}>${code && html`<p>${failureText(code)}</p>`}<//>`;
}

function CancelButton({ transfer, confirmation, done }) {
  const isDeposit = transfer.direction === "DEPOSIT";
  const what = `${isDeposit ? "deposit" : "withdrawal"} of ${formatMoney(transfer.amount)}`;
  const handleClick = () =>
    confirmation.open({
      slot: `cancel-transfer:${transfer.id}`,
      label: `Cancel ${what}`,
      completed: isDeposit ? "Deposit cancelled." : "Withdrawal cancelled. The money is available again.",
      busyText: "Cancelling…",
      kind: "danger",
      path: `api/transfers/${transfer.id}/cancel/`,
      body: {},
      details: [["Started", formatDateTime(transfer.created_at)]],
      note: isDeposit
        ? "Cancel only if you have not sent the money. A transfer that arrives later is still added to your wallet."
        : "The reserved money becomes available in your wallet.",
      onDone: (_, message) => done(message),
      onRefused: () => done(null),
    });
  return html`<${Button} onClick=${handleClick}>Cancel ${isDeposit ? "deposit" : "withdrawal"}<//>`;
}
