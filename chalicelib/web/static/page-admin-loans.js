/* All loans, for operators. */

import { Card, html, pluralise, Status } from "./ui.js";
import { ClearFilters, StatusFilter } from "./filters.js";
import { List, useList } from "./table.js";
import { formatMoney, formatPercent } from "./money.js";
import { displayStatus } from "./loan-components.js";
import { formatUtc } from "./dates.js";

const COLUMNS = [
  ["Loan", (loan) => html`<a href=${`#/loans/${loan.id}`}>${formatMoney(loan.amount)}</a>`, { head: true }],
  ["Borrower", (loan) => loan.borrower_username],
  ["Status", (loan) => html`<${Status} value=${displayStatus(loan)} />`],
  ["Rate", (loan) => formatPercent(loan.annual_interest_rate), { num: true }],
  ["Term", (loan) => pluralise(loan.term_months, "month"), { num: true }],
  ["Outstanding principal", (loan) => formatMoney(loan.outstanding_principal), { num: true }],
  ["Requested", (loan) => formatUtc(loan.created_at)],
];

export default function Loans({ query }) {
  const status = query.get("status") ?? "";
  const list = useList("api/admin/loans/", { status });
  return html`<h1>Loans</h1><${Card}><${StatusFilter} status=${status} />
    <${List} list=${list} columns=${COLUMNS} caption="Loans" keyOf=${(loan) => loan.id} empty=${{
      icon: "search",
      title: status ? "No loans match your filters." : "No loans yet.",
      action: status && html`<${ClearFilters} names=${["status"]} />`,
    }} /><//>`;
}
