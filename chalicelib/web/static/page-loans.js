/* All loans, for operators. */

import { Button, Card, html, Status } from "./ui.js";
import { List, useList } from "./table.js";
import { money, percent } from "./money.js";
import { setQuery } from "./router.js";
import { shownStatus } from "./loan-parts.js";
import { utcText } from "./dates.js";

const STATUSES = [
  ["", "All"],
  ["REQUESTED", "Open"],
  ["PENDING_FUNDING", "Being funded"],
  ["FUNDED", "Active"],
  ["COMPLETED", "Paid off"],
  ["CANCELLED", "Cancelled"],
  ["DEFAULTED", "Defaulted"],
];
const COLUMNS = [
  ["Loan", (loan) => html`<a href=${`#/loans/${loan.id}`}>${money(loan.amount)}</a>`, { head: true }],
  ["Borrower", (loan) => loan.borrower_username],
  ["Status", (loan) => html`<${Status} of=${shownStatus(loan)} />`],
  ["Rate", (loan) => percent(loan.annual_interest_rate), { num: true }],
  ["Months", (loan) => loan.term_months, { num: true }],
  ["Outstanding", (loan) => money(loan.outstanding_principal), { num: true }],
  ["Asked", (loan) => utcText(loan.created_at)],
];

export default function Loans({ query }) {
  const status = query.get("status") ?? "";
  const list = useList("api/admin/loans/", { status });
  return html`<h1>Loans</h1><${Card}><div class="filters"><div class="field"><label for="status">Status</label>
      <select class="control" id="status" onChange=${(event) => setQuery({ status: event.currentTarget.value })}>
        ${STATUSES.map(([value, word]) => html`<option value=${value} selected=${value === status}>${word}</option>`)}
      </select></div></div>
    <${List} list=${list} columns=${COLUMNS} caption="Loans" keyOf=${(loan) => loan.id} empty=${{
      icon: "search",
      title: status ? "Nothing matches." : "No loans yet.",
      way: status && html`<${Button} onClick=${() => setQuery({ status: "" })}>Clear filters<//>`,
    }} /><//>`;
}
