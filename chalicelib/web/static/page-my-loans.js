/* All loans of a borrower, newest first. */

import { Button, Card, html, Status } from "./ui.js";
import { List, useList } from "./table.js";
import { dayText } from "./dates.js";
import { money, percent } from "./money.js";
import { setQuery } from "./router.js";
import { shownStatus } from "./loan-parts.js";

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
  ["Status", (loan) => html`<${Status} of=${shownStatus(loan)} />`],
  ["For", (loan) => loan.purpose || "–", { wide: true }],
  ["Rate", (loan) => percent(loan.annual_interest_rate), { num: true }],
  ["Months", (loan) => loan.term_months, { num: true }],
  [
    "Left to pay",
    (loan) => (loan.status === "FUNDED" || loan.status === "DEFAULTED" ? money(loan.remaining_amount) : "–"),
    { num: true },
  ],
  ["Asked", (loan) => dayText(loan.created_at), { wide: true }],
];

export default function MyLoans({ query }) {
  const status = query.get("status") ?? "";
  const list = useList("api/loans/my-loans/", { status });
  return html`<div class="title"><h1>My loans</h1><a class="button primary" href="#/request">Request a loan</a></div>
    <${Card}><div class="filters"><div class="field"><label for="status">Status</label>
      <select class="control" id="status" onChange=${(event) => setQuery({ status: event.currentTarget.value })}>
        ${STATUSES.map(([value, word]) => html`<option value=${value} selected=${value === status}>${word}</option>`)}
      </select></div></div>
      <${List} list=${list} columns=${COLUMNS} caption="My loans" keyOf=${(loan) => loan.id} empty=${
        status
          ? {
              title: "Nothing matches.",
              way: html`<${Button} onClick=${() => setQuery({ status: "" })}>Clear filters<//>`,
            }
          : { icon: "hand-coins", title: "You have not asked for a loan yet." }
      } /><//>`;
}
