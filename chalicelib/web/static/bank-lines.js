/* The entries of bank statements as a list, with the actions that resolve an unmatched one. */

import { Button, html, Notice, Status, useState } from "./ui.js";
import { List, useList } from "./table.js";
import { AssignDialog } from "./assign-dialog.js";
import { formatDate } from "./dates.js";
import { formatSignedMoney, toCents } from "./money.js";
import { send } from "./api.js";
import { useActionDialog } from "./dialog.js";

/** The status of an entry: [value, label]. */
export const LINE_LABELS = {
  UNMATCHED: ["PENDING_FUNDING", "Unmatched"],
  MATCHED: ["COMPLETED", "Matched"],
  ASSIGNED: ["COMPLETED", "Assigned"],
  REJECTED: ["CANCELLED", "To be sent back"],
  RETURNED: ["OVERDUE", "Returned"],
  DUPLICATE: ["CANCELLED", "Already booked"],
};

const REASONS = {
  no_reference: "No reference",
  unknown_reference: "Unknown reference",
  amount_differs: "The amount differs from the transfer",
  already_settled: "The transfer is already settled",
  not_submitted: "The withdrawal was not sent to the bank",
  not_settled: "The transfer is not settled",
  already_returned: "The transfer is already returned",
  incomplete_payout: "The amount differs from the payout’s open withdrawals",
  ambiguous_return: "The bank may be returning the deposit or another payment with its reference",
};

function reasonOf({ reason }) {
  return reason ? (REASONS[reason] ?? reason.replaceAll("_", " ")) : "–";
}

function namesOf({ counterparty, reference, remittance }) {
  const note = remittance || reference;
  return html`<div>${counterparty || "–"}${note && html`<span class="block muted small">${note}</span>`}</div>`;
}

const COLUMNS = [
  ["Booked", (row) => formatDate(row.booked_on), { head: true }],
  ["From or to", namesOf],
  ["Amount", (row) => formatSignedMoney(row.amount), { num: true }],
  ["Status", (row) => html`<${Status} value=${LINE_LABELS[row.status]?.[0]} label=${labelOf(row)} />`],
];
const OPTIONAL_COLUMNS = [
  ["Reason", reasonOf],
  ["Transfer", ({ transfer_id: id }) => (id ? html`<span class="small">${id}</span>` : "–")],
];
const isFilled = (rows) => ([heading]) => rows.some((row) => (heading === "Reason" ? row.reason : row.transfer_id));

function labelOf({ status, related_line_id: sentBackBy }) {
  if (status === "REJECTED" && sentBackBy) return "Sent back";
  return LINE_LABELS[status]?.[1] ?? status;
}

/**
 * A list of entries.
 * @param {{user: object, filters: object, caption: string, empty: object, onChanged?: function(): void}} props
 */
export function LineTable({ user, filters, caption, empty, onChanged }) {
  const list = useList("api/admin/bank/lines/", filters);
  const [notice, setNotice] = useState(null);
  const [assigning, setAssigning] = useState(null);
  const dialog = useActionDialog();
  const done = (text) => (setAssigning(null), setNotice(text), list.reload(), onChanged?.());
  const actions = (line) =>
    line.status === "UNMATCHED" &&
    html`<span class="actions"><${Button} kind="small" onClick=${() => setAssigning(line)}
        aria-label=${`Assign ${nameOf(line)}`}>Assign<//>
      ${
        toCents(line.amount) > 0 &&
        html`<${Button} kind="small" onClick=${() => dialog.open(sendBack(line, done))}
        aria-label=${`Send back ${nameOf(line)}`}>Send back<//>`
      }</span>`;
  const rows = list.data ?? [];
  const columns = [...COLUMNS, ...OPTIONAL_COLUMNS.filter(isFilled(rows))];
  if (rows.some((line) => line.status === "UNMATCHED")) columns.push(["Actions", actions]);
  return html`${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${List} list=${list} columns=${columns} caption=${caption} keyOf=${(row) => row.id} empty=${empty} />
    ${
      assigning &&
      html`<${AssignDialog} user=${user} line=${assigning} onDone=${() => done("Entry assigned.")}
      onClose=${() => setAssigning(null)} />`
    }
    ${dialog.element}`;
}

/** "+$120.00 from Ann Miller": names an entry in labels and dialogs. */
export function nameOf({ amount, counterparty }) {
  const direction = amount.startsWith("-") ? "to" : "from";
  return `${formatSignedMoney(amount)}${counterparty ? ` ${direction} ${counterparty}` : ""}`;
}

function sendBack(line, done) {
  return {
    title: `Send back ${nameOf(line)}?`,
    text:
      "The money stays in suspense until you have sent it back through your bank. Give the bank this end-to-end ID, " +
      `so that the next statement closes the entry: ${line.id}`,
    verb: "Send back",
    kind: "danger",
    busyText: "Saving…",
    send: (key) => send("POST", `api/admin/bank/lines/${line.id}/reject/`, { body: {}, key }),
    onDone: () => done("Entry marked to be sent back."),
  };
}
