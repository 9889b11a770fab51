/* One loan, for operators: terms, status, offers, schedule, postings, rescheduling. */

import { Button, Card, DescriptionList, html, LoadedContent, Notice, sentenceCase, Status } from "./ui.js";
import { pluralise, useLoad, useState } from "./ui.js";
import { get } from "./api.js";
import { formatMoney, formatPercent } from "./money.js";
import { displayStatus, Schedule } from "./loan-components.js";
import { Postings } from "./postings-table.js";
import { ProposalFigures } from "./reschedule-proposal.js";
import { RescheduleForm } from "./reschedule-form.js";
import { Table } from "./table.js";
import { formatDate, formatUtc } from "./dates.js";

async function load(id, signal) {
  const { schedule, ledger, ...loan } = await get(`api/admin/loans/${id}/`, null, signal);
  return { loan, ledger, rows: schedule?.items ?? [] };
}

export default function AdminLoan({ user, params: { id } }) {
  const page = useLoad((signal) => load(id, signal), [id]);
  const [isRescheduling, setRescheduling] = useState(false);
  const [notice, setNotice] = useState(null);
  const handleRescheduled = (_, message) => (setRescheduling(false), setNotice(message), page.reload());
  return html`<p><a class="back" href="#/loans">Loans</a></p>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${LoadedContent} state=${page}>${({ loan, ledger, rows }) => html`<div class="stack">
      <div class="title"><div><h1>${formatMoney(loan.amount)} · ${loan.borrower_username}</h1><${Status}
        value=${displayStatus(loan)} /></div>
        ${
          loan.status === "FUNDED" &&
          !isRescheduling &&
          html`<${Button} icon="calendar"
          onClick=${() => setRescheduling(true)}>Reschedule<//>`
        }</div>
      ${
        isRescheduling &&
        html`<${RescheduleForm}
        ...${{ user, loan, onDone: handleRescheduled, onBack: () => setRescheduling(false) }} />`
      }
      ${loan.reschedule_proposal && html`<${Proposal} proposal=${loan.reschedule_proposal} />`}
      <div class="grid"><${Terms} loan=${loan} /><${Progress} loan=${loan} /></div>
      ${loan.offers.length > 0 && html`<${Card} title="Offers"><${Offers} offers=${loan.offers} /><//>`}
      ${rows.length > 0 && html`<${Card} title="Schedule"><${Schedule} rows=${rows} /><//>`}
      <${Card} title="Latest postings" aside=${html`<a href=${`#/ledger/${ledger.account}`}>View account</a>`}>
        <${Postings} items=${ledger.items} balance=${ledger.balance} /><//></div>`}<//>`;
}

function Proposal({ proposal }) {
  return html`<${Card} title="Open proposal"><${DescriptionList} items=${[
    ["Ground", sentenceCase(proposal.ground)],
    ["Reason", proposal.reason],
    ["Proposed on", formatUtc(proposal.created_at)],
    ["Can be accepted until", formatDate(proposal.expires_on)],
  ]} /><${ProposalFigures} proposal=${proposal} /><//>`;
}

function Terms({ loan }) {
  const borrower = html`<a href=${`#/users/${loan.borrower_id}?name=${encodeURIComponent(loan.borrower_username)}`}>
    ${loan.borrower_username}</a>`;
  return html`<${Card} title="Terms"><${DescriptionList} items=${[
    ["Borrower", borrower],
    ["Purpose", loan.purpose || "–"],
    ["Requested rate", formatPercent(loan.requested_rate)],
    ["Rate", formatPercent(loan.annual_interest_rate)],
    ["Term", pluralise(loan.term_months, "month")],
    ["Repayment method", sentenceCase(loan.method)],
    ["Monthly payment", formatMoney(loan.monthly_payment)],
    ["Total interest", formatMoney(loan.total_interest)],
  ]} /><//>`;
}

function Progress({ loan }) {
  return html`<${Card} title="Progress"><${DescriptionList} items=${[
    ["Accepted", formatMoney(loan.accepted_amount)],
    ["Funded", formatMoney(loan.funded_amount)],
    ["Outstanding principal", formatMoney(loan.outstanding_principal)],
    Number(loan.written_off) > 0 && ["Written off", formatMoney(loan.written_off)],
    ["Remaining to pay", formatMoney(loan.remaining_amount)],
    ["Next due date", formatDate(loan.next_due_date)],
    ["Requested on", formatUtc(loan.created_at)],
    ["Funded on", formatUtc(loan.funded_at)],
    loan.defaulted_at && ["Defaulted on", formatUtc(loan.defaulted_at)],
    ["Completed on", formatUtc(loan.completed_at)],
    ["ID", loan.id],
  ]} /><//>`;
}

function Offers({ offers }) {
  return html`<${Table} rows=${offers} caption="Offers" keyOf=${(offer) => offer.id} columns=${[
    ["Lender", (offer) => offer.lender_username, { head: true }],
    ["Rate", (offer) => formatPercent(offer.annual_interest_rate), { num: true }],
    ["Offered", (offer) => formatMoney(offer.amount), { num: true }],
    ["Accepted", (offer) => formatMoney(offer.accepted_amount), { num: true }],
    ["Funded", (offer) => (offer.funded ? "Yes" : "No")],
    ["Time", (offer) => formatUtc(offer.created_at)],
  ]} />`;
}
