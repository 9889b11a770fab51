/* All deposits and withdrawals, for operators. */

import { Button, Card, html, Notice, useState } from "./ui.js";
import { RejectDialog, withdrawalName } from "./reject-dialog.js";
import { List, useList } from "./table.js";
import { TransferFilters, TransferStatus } from "./page-transfers.js";
import { ClearFilters } from "./filters.js";
import { failureText, isRejectable } from "./transfer-states.js";
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

export default function AdminTransfers({ user, query }) {
  const filters = { direction: query.get("direction") ?? "", status: query.get("status") ?? "" };
  const list = useList("api/admin/transfers/", filters);
  const [rejecting, setRejecting] = useState(null);
  const [notice, setNotice] = useState(null);
  const canReject = (row) => isRejectable(row) && row.user_id !== user.id;
  const done = () => (setRejecting(null), setNotice("Withdrawal rejected."), list.reload());
  const action = (row) =>
    canReject(row) &&
    html`<${Button} kind="small" onClick=${() => setRejecting(row)}
      aria-label=${`Reject ${withdrawalName(row)}`}>Reject<//>`;
  const columns = (list.data ?? []).some(canReject) ? [...COLUMNS, ["Actions", action]] : COLUMNS;
  return html`<h1>Payments</h1><${PaymentSections} current="transfers" />
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${Card} title="Transfers"><${TransferFilters} ...${filters} />
      <${List} list=${list} columns=${columns} caption="Transfers" keyOf=${(row) => row.id} empty=${
        filters.direction || filters.status
          ? {
              icon: "search",
              title: "No transfers match your filters.",
              action: html`<${ClearFilters} names=${["direction", "status"]} />`,
            }
          : { icon: "arrow-left-right", title: "No deposits or withdrawals yet." }
      } /><//>
    ${
      rejecting && html`<${RejectDialog} transfer=${rejecting} onDone=${done} onClose=${() => setRejecting(null)} />`
    }`;
}
