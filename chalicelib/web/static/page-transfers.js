/* The deposits and withdrawals of a user. */

import { Card, html, Status, statusLabel } from "./ui.js";
import { ClearFilters, SelectFilter } from "./filters.js";
import { List, useList } from "./table.js";
import { statusesOf, statusOf } from "./transfer-states.js";
import { formatDateTime } from "./dates.js";
import { formatMoney } from "./money.js";

const DIRECTIONS = [
  ["DEPOSIT", "Deposits"],
  ["WITHDRAWAL", "Withdrawals"],
];

const NAMES = { DEPOSIT: "Deposit", WITHDRAWAL: "Withdrawal" };

const COLUMNS = [
  [
    "Transfer",
    ({ id, direction }) => html`<a href=${`#/wallet/transfers/${id}`}>${NAMES[direction]}</a>`,
    { head: true },
  ],
  ["Date", (row) => formatDateTime(row.created_at)],
  ["Status", (row) => html`<${TransferStatus} transfer=${row} />`],
  ["Amount", (row) => formatMoney(row.amount), { num: true }],
];

/** The status of a transfer as icon and label. */
export function TransferStatus({ transfer }) {
  const [value, label] = statusOf(transfer);
  return html`<${Status} value=${value} label=${label} />`;
}

/** Filters of a list of transfers by direction and status. */
export function TransferFilters({ direction, status }) {
  const label = (value) =>
    direction ? statusOf({ direction, status: value })[1] : (SHARED_LABELS[value] ?? statusLabel(value));
  return html`<div class="filters" role="search" aria-label="Filter transfers">
    <${SelectFilter} name="direction" label="Direction" value=${direction} options=${DIRECTIONS}
      clears=${["status"]} />
    <${SelectFilter} name="status" label="Status" value=${status}
      options=${statusesOf(direction).map((value) => [value, label(value)])} /></div>`;
}

/** Labels of statuses when deposits and withdrawals are listed together. */
const SHARED_LABELS = {
  PENDING: "Waiting for payment",
  REQUESTED: "Requested",
  SUBMITTED: "Sent to bank",
  SETTLED: "Completed",
};

export default function Transfers({ query }) {
  const filters = { direction: query.get("direction") ?? "", status: query.get("status") ?? "" };
  const list = useList("api/transfers/", filters);
  return html`<p><a class="back" href="#/wallet">Wallet</a></p><h1>Deposits and withdrawals</h1>
    <${Card}><${TransferFilters} ...${filters} />
      <${List} list=${list} columns=${COLUMNS} caption="Deposits and withdrawals" keyOf=${(row) => row.id}
        empty=${
          filters.direction || filters.status
            ? {
                icon: "search",
                title: "No transfers match your filters.",
                action: html`<${ClearFilters} names=${["direction", "status"]} />`,
              }
            : {
                icon: "arrow-left-right",
                title: "No deposits or withdrawals yet.",
                action: html`<a class="button primary" href="#/wallet">Go to your wallet</a>`,
              }
        } /><//>`;
}
