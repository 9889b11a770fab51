/* The wallet: the available money, deposits and withdrawals, the transactions, a statement to download. */

import { Button, Card, html, LoadedContent, Notice, ProblemNotice, sentenceCase, useLoad, useState } from "./ui.js";
import { ClearFilters, SelectFilter } from "./filters.js";
import { List, useList } from "./table.js";
import { formatMoney, formatSignedMoney, toCents } from "./money.js";
import { dateFromToday, formatDateTime, today } from "./dates.js";
import { download, get } from "./api.js";
import { navigate, setQuery } from "./router.js";
import { IS_INSTANT } from "./deployment.js";
import { ReservedAmount } from "./reserved-amount.js";
import { RestrictedAccount } from "./restricted-account.js";
import { WalletMovement } from "./wallet-movement.js";

const TYPES = [
  "DEPOSIT",
  "DEPOSIT_RETURN",
  "WITHDRAWAL",
  "WITHDRAWAL_RETURN",
  "LOAN_FUNDING",
  "LOAN_PAYMENT",
  "PLATFORM_FEE",
  "LATE_FEE",
  "REFUND",
  "REVERSAL",
  "ADJUSTMENT",
  "RECEIVABLE",
];
const TYPE_LABELS = {
  DEPOSIT_RETURN: "Returned deposit",
  WITHDRAWAL_RETURN: "Returned withdrawal",
  RECEIVABLE: "Repayment of amount owed",
};
const typeLabel = (type) => TYPE_LABELS[type] ?? sentenceCase(type);

/** The note of a transaction; for a loan payment also how much of it is principal and interest. */
function noteOf({ description, principal, interest }) {
  if (principal === null || principal === undefined) return description || "–";
  return html`${description}<br /><span class="muted small">${formatMoney(principal)} principal,
    ${" "}${formatMoney(interest)} interest</span>`;
}

const COLUMNS = [
  ["Type", (row) => typeLabel(row.type), { head: true }],
  ["Date", (row) => formatDateTime(row.created_at)],
  ["Note", noteOf],
  ["In or out", (row) => (toCents(row.amount) < 0 ? "Out" : "In")],
  [
    "Amount",
    (row) => html`<span class=${toCents(row.amount) < 0 ? "" : "in"}>${formatSignedMoney(row.amount)}</span>`,
    { num: true },
  ],
];

export default function Wallet({ user, query }) {
  const wallet = useLoad((signal) => get("api/wallets/", null, signal));
  const filters = { type: query.get("type") ?? "", from: query.get("from") ?? "", to: query.get("to") ?? "" };
  const transactions = useList("api/wallets/transactions/", filters);
  const [movement, setMovement] = useState(query.get("add") ? "deposit" : null);
  const handleMoved = (data) => {
    if (data?.transfer && !data.wallet) return navigate(`/wallet/transfers/${data.transfer.id}`);
    setMovement(null);
    setQuery({ add: null });
    if (data) wallet.setData(data.wallet);
    else wallet.reload();
    return transactions.reload();
  };
  const toggle = (kind) => () => setMovement(movement === kind ? null : kind);
  return html`<h1>Wallet</h1>
    <${LoadedContent} state=${wallet}>${(found) => html`<${RestrictedAccount}
      wallet=${found} onDeposit=${() => setMovement("deposit")} />
      <${Card} kind="hero"><p class="muted">Available</p><p class="figure">${formatMoney(found.available)}</p>
      <${ReservedAmount} held=${found.held} />
      <p class="actions">
        <${Button} kind=${movement === "deposit" ? "" : "primary"} icon="arrow-down-left"
          aria-expanded=${movement === "deposit"} onClick=${toggle("deposit")}>Deposit<//>
        <${Button} icon="arrow-up-right" aria-expanded=${movement === "withdraw"}
          onClick=${toggle("withdraw")}>Withdraw<//></p>
      ${
        movement &&
        html`<${WalletMovement} key=${movement} kind=${movement} user=${user} wallet=${found}
        initialAmount=${query.get("add")} onDone=${handleMoved} />`
      }
      <p class="links"><a href="#/wallet/transfers">Deposits and withdrawals</a>
        ${!IS_INSTANT && html`<a href="#/wallet/bank-accounts">Bank accounts</a>`}</p><//>`}<//>
    <${Card} title="Transactions"><${Filters} filters=${filters} />
      <${List} list=${transactions} columns=${COLUMNS} caption="Transactions" keyOf=${(row) => row.id + row.type}
        empty=${
          Object.values(filters).some(Boolean)
            ? {
                title: "No transactions match your filters.",
                action: html`<${ClearFilters} names=${Object.keys(filters)} />`,
              }
            : { icon: "wallet", title: "No transactions yet. Make a deposit to get started." }
        } /><//>
    <${Statement} />`;
}

function DateInput({ id, label, value, onChange }) {
  return html`<div class="field"><label for=${id}>${label}</label><input class="control" type="date" id=${id}
    value=${value} max=${today()} onChange=${(event) => onChange(event.currentTarget.value)} /></div>`;
}

function Filters({ filters }) {
  return html`<div class="filters" role="search" aria-label="Filter transactions">
    <${SelectFilter} name="type" label="Type" value=${filters.type}
      options=${TYPES.map((type) => [type, typeLabel(type)])} />
    <${DateInput} id="from" label="From" value=${filters.from} onChange=${(from) => setQuery({ from })} />
    <${DateInput} id="to" label="To" value=${filters.to} onChange=${(to) => setQuery({ to })} /></div>`;
}

function Statement() {
  const [days, setDays] = useState({ from: dateFromToday(-30), to: today() });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const save = async () => {
    setBusy(true);
    setProblem(null);
    await download("api/wallets/statement/", days, `statement-${days.from}-${days.to}.csv`).catch(setProblem);
    setBusy(false);
  };
  const isReversed = days.from > days.to;
  return html`<${Card} title="Statement">
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    ${isReversed && html`<${Notice} kind="warn" title="The start date must not be after the end date." />`}
    <div class="filters">
      <${DateInput} id="statement-from" label="Start date" value=${days.from}
        onChange=${(from) => setDays({ ...days, from })} />
      <${DateInput} id="statement-to" label="End date" value=${days.to} onChange=${(to) => setDays({ ...days, to })} />
      <${Button} icon="download" busy=${busy} busyText="Preparing…" onClick=${save}
        aria-disabled=${isReversed || !days.from || !days.to ? "true" : undefined}>Download CSV<//></div><//>`;
}
