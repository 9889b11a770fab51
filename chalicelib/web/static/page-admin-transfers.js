/* All deposits and withdrawals, for operators. */

import { Card, html } from "./ui.js";
import { List, useList } from "./table.js";
import { TransferFilters, TransferStatus } from "./page-transfers.js";
import { ClearFilters } from "./filters.js";
import { failureText } from "./transfer-states.js";
import { formatMoney } from "./money.js";
import { formatUtc } from "./dates.js";
import { PaymentSections } from "./payment-sections.js";

const COLUMNS = [
  ["Created", (row) => formatUtc(row.created_at), { head: true }],
  ["User", (row) => html`<a href=${userPath(row)}>${row.username}</a>`],
  ["Direction", (row) => (row.direction === "DEPOSIT" ? "Deposit" : "Withdrawal")],
  ["Status", statusCell],
  ["Amount", (row) => formatMoney(row.amount), { num: true }],
  ["Reference and ID", referenceCell],
];

function statusCell(row) {
  return html`<div><${TransferStatus} transfer=${row} />
    ${row.failure_code && html`<span class="block muted small">${failureText(row.failure_code)}</span>`}</div>`;
}

function referenceCell({ reference, id }) {
  return html`<div>${reference && html`<span class="block">${reference}</span>`}
    <span class="block muted small">${id}</span></div>`;
}

function userPath({ user_id: id, username }) {
  return `#/users/${id}?name=${encodeURIComponent(username)}`;
}

export default function AdminTransfers({ query }) {
  const filters = { direction: query.get("direction") ?? "", status: query.get("status") ?? "" };
  const list = useList("api/admin/transfers/", filters);
  return html`<h1>Payments</h1><${PaymentSections} current="transfers" />
    <${Card} title="Transfers"><${TransferFilters} ...${filters} />
      <${List} list=${list} columns=${COLUMNS} caption="Transfers" keyOf=${(row) => row.id} empty=${
        filters.direction || filters.status
          ? {
              icon: "search",
              title: "No transfers match your filters.",
              action: html`<${ClearFilters} names=${["direction", "status"]} />`,
            }
          : { icon: "arrow-left-right", title: "No deposits or withdrawals yet." }
      } /><//>`;
}
