/* All loans of a borrower, newest first. */

import { Card, html, pluralise, Status } from "./ui.js";
import { ClearFilters, StatusFilter } from "./filters.js";
import { List, useList } from "./table.js";
import { formatDate } from "./dates.js";
import { formatMoney, formatPercent } from "./money.js";
import { displayStatus } from "./loan-components.js";

const REPAYABLE = ["FUNDED", "DEFAULTED"];
const COLUMNS = [
  ["Loan", (loan) => html`<a href=${`#/loans/${loan.id}`}>${formatMoney(loan.amount)}</a>`, { head: true }],
  ["Status", (loan) => html`<${Status} value=${displayStatus(loan)} />`],
  ["Purpose", (loan) => loan.purpose || "–", { wide: true }],
  ["Rate", (loan) => formatPercent(loan.annual_interest_rate), { num: true }],
  ["Term", (loan) => pluralise(loan.term_months, "month"), { num: true }],
  [
    "Remaining to pay",
    (loan) => (REPAYABLE.includes(loan.status) ? formatMoney(loan.remaining_amount) : "–"),
    { num: true },
  ],
  ["Requested", (loan) => formatDate(loan.created_at), { wide: true }],
];

export default function MyLoans({ query }) {
  const status = query.get("status") ?? "";
  const list = useList("api/loans/my-loans/", { status });
  return html`<div class="title"><h1>My loans</h1><a class="button primary" href="#/request">Request a loan</a></div>
    <${Card}><${StatusFilter} status=${status} />
      <${List} list=${list} columns=${COLUMNS} caption="My loans" keyOf=${(loan) => loan.id} empty=${
        status
          ? { title: "No loans match your filters.", action: html`<${ClearFilters} names=${["status"]} />` }
          : { icon: "hand-coins", title: "No loans yet." }
      } /><//>`;
}
