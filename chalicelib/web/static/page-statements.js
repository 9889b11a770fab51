/* Bank statements: the import of a file, and the statements imported so far. */

import { Card, html, Status } from "./ui.js";
import { formatMoney, formatSignedMoney, toCents } from "./money.js";
import { List, useList } from "./table.js";
import { formatDate } from "./dates.js";
import { navigate } from "./router.js";
import { PaymentSections } from "./payment-sections.js";
import { StatementUpload } from "./statement-upload.js";

/** "26 Nov 2026 to 27 Nov 2026", or one date. */
export function periodOf({ from, to }) {
  return from === to ? formatDate(from) : `${formatDate(from)} to ${formatDate(to)}`;
}

const COLUMNS = [
  ["Statement", (row) => html`<a href=${`#/payments/statements/${row.id}`}>${periodOf(row)}</a>`, { head: true }],
  ["Account", (row) => row.iban],
  ["Entries", (row) => row.lines, { num: true }],
  ["Unmatched", (row) => row.unmatched, { num: true }],
  ["Closing balance", (row) => formatMoney(row.closing_balance), { num: true }],
  ["Difference", (row) => html`<${Difference} amount=${row.difference} />`, { num: true }],
  ["Status", (row) => html`<${StatementStatus} statement=${row} />`],
];

/** The difference between the bank's and the ledger's balance, in red with an icon unless it is zero. */
export function Difference({ amount }) {
  if (amount === null || amount === undefined) return "–";
  return toCents(amount) === 0
    ? formatMoney(amount)
    : html`<strong class="out-of-balance">${formatSignedMoney(amount)}</strong>`;
}

/** The status of an import. */
export function StatementStatus({ statement: { status } }) {
  return status === "importing"
    ? html`<${Status} value="PENDING_FUNDING" label="Importing" />`
    : html`<${Status} value="COMPLETED" label="Imported" />`;
}

export default function Statements() {
  const list = useList("api/admin/bank/statements/", {});
  const handleImported = ({ id }, isRepeated) =>
    navigate(`/payments/statements/${id}${isRepeated ? "?repeated=true" : ""}`);
  return html`<h1>Payments</h1><${PaymentSections} current="statements" />
    <${StatementUpload} onImported=${handleImported} />
    <${Card} title="Statements"><${List} list=${list} columns=${COLUMNS} caption="Statements"
      keyOf=${(row) => row.id} empty=${{ icon: "file-text", title: "No statements yet." }} /><//>`;
}
