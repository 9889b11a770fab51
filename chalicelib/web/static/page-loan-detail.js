/* A loan for operators: everything about it, its postings, and rescheduling. */

import { Button, Card, Facts, html, Loaded, Notice, Status, useLoad, useState } from "./ui.js";
import { get } from "./api.js";
import { money, percent } from "./money.js";
import { Postings } from "./ledger-parts.js";
import { Reschedule } from "./reschedule.js";
import { ScheduleRows, shownStatus } from "./loan-parts.js";
import { Table } from "./table.js";
import { utcText } from "./dates.js";

async function load(id, signal) {
  const { schedule, ledger, ...loan } = await get(`api/admin/loans/${id}/`, null, signal);
  return { loan, ledger, rows: schedule?.items ?? [] };
}

export default function LoanDetail({ user, params: { id } }) {
  const page = useLoad((signal) => load(id, signal), [id]);
  const [isChanging, setChanging] = useState(false);
  const [said, setSaid] = useState(null);
  const done = () => (setChanging(false), setSaid("The loan is rescheduled."), page.reload());
  return html`<p><a class="back" href="#/loans">Loans</a></p>
    ${said && html`<${Notice} kind="good" title=${said} />`}
    <${Loaded} of=${page}>${({ loan, ledger, rows }) => html`<div class="stack">
      <div class="title"><div><h1>${money(loan.amount)} · ${loan.borrower_username}</h1><${Status}
        of=${shownStatus(loan)} /></div>
        ${loan.status === "FUNDED" && !isChanging && html`<${Button} icon="calendar"
          onClick=${() => setChanging(true)}>Reschedule<//>`}</div>
      ${isChanging && html`<${Reschedule}
        ...${{ user, loan, onDone: done, onBack: () => setChanging(false) }} />`}
      <div class="grid"><${Card} title="Terms"><${Facts} of=${[
        [
          "Borrower",
          html`<a href=${`#/users/${loan.borrower_id}?name=${encodeURIComponent(loan.borrower_username)}`}>
            ${loan.borrower_username}</a>`,
        ],
        ["Purpose", loan.purpose || "–"],
        ["Requested rate", percent(loan.requested_rate)],
        ["Rate", percent(loan.annual_interest_rate)],
        ["Months", loan.term_months],
        ["Method", loan.method],
        ["Monthly payment", money(loan.monthly_payment)],
        ["Interest in all", money(loan.total_interest)],
      ]} /><//>
      <${Card} title="State"><${Facts} of=${[
        ["Accepted", money(loan.accepted_amount)],
        ["Paid in", money(loan.funded_amount)],
        ["Outstanding principal", money(loan.outstanding_principal)],
        ["Left to pay", money(loan.remaining_amount)],
        ["Next due", loan.next_due_date ?? "–"],
        ["Asked", utcText(loan.created_at)],
        ["Funded", utcText(loan.funded_at)],
        ["Completed", utcText(loan.completed_at)],
        ["Id", loan.id],
      ]} /><//></div>
      ${
        loan.offers.length > 0 &&
        html`<${Card} title="Offers"><${Table} rows=${loan.offers} caption="Offers" keyOf=${(one) => one.id} columns=${[
          ["Lender", (one) => one.lender_username, { head: true }],
          ["Rate", (one) => percent(one.annual_interest_rate), { num: true }],
          ["Offered", (one) => money(one.amount), { num: true }],
          ["Accepted", (one) => money(one.accepted_amount), { num: true }],
          ["Paid in", (one) => (one.funded ? "Yes" : "No")],
          ["When", (one) => utcText(one.created_at)],
        ]} /><//>`
      }
      ${rows.length > 0 && html`<${Card} title="Schedule"><${ScheduleRows} rows=${rows} /><//>`}
      <${Card} title="Latest postings" aside=${html`<a href=${`#/ledger/${ledger.account}`}>The account</a>`}>
        <${Postings} items=${ledger.items} balance=${ledger.balance} /><//></div>`}<//>`;
}
