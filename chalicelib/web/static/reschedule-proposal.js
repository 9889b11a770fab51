/* A proposed reschedule: the figures of the loan now and afterwards, for the borrower with a button that accepts it. */

import { Button, Card, html, useLoad } from "./ui.js";
import { formatMoney, formatPercent } from "./money.js";
import { post } from "./api.js";
import { ScheduleTable } from "./quote.js";
import { Table } from "./table.js";
import { formatDate, formatRelativeDay } from "./dates.js";

const FIGURES = [
  ["Monthly payment", ({ monthly_payment: amount }) => formatMoney(amount)],
  ["Interest rate", ({ annual_interest_rate: rate }) => formatPercent(rate)],
  ["Term in months", ({ term_months: months }) => months],
  ["Next payment", ({ next_due_date: date }) => formatDate(date)],
  ["Total interest", ({ total_interest: amount }) => formatMoney(amount)],
];

/** The figures of a loan before and after a reschedule. */
export function ProposalFigures({ proposal: { before, after } }) {
  return html`<${Table} caption="Current and proposed terms" rows=${FIGURES} columns=${[
    ["Figure", ([name]) => name, { head: true }],
    ["Now", ([, format]) => format(before), { num: true }],
    ["Proposed", ([, format]) => html`<strong>${format(after)}</strong>`, { num: true }],
  ]} />`;
}

/** The open proposal of a borrower's loan. */
export function RescheduleProposal({ loan, confirmation, done, reload }) {
  const proposal = loan.reschedule_proposal;
  const handleAccept = () =>
    confirmation.open({
      slot: `reschedule:${loan.id}`,
      label: "Accept new terms",
      completed: "New terms accepted. Your schedule has changed.",
      busyText: "Accepting…",
      path: `api/loans/${loan.id}/reschedule/accept/`,
      body: { proposal_id: proposal.id },
      details: [
        ["Monthly payment", formatMoney(proposal.after.monthly_payment)],
        ["Next payment", formatDate(proposal.after.next_due_date)],
        ["Total interest, up to", formatMoney(proposal.after.total_interest)],
      ],
      note: "We recalculate the terms as of today. If they would cost more than shown here, nothing changes.",
      onDone: (_, message) => done(message),
      onRefused: reload,
    });
  return html`<${Card} kind="hero" title="New terms proposed">
    <p>${proposal.reason}</p>
    <${ProposalFigures} proposal=${proposal} />
    <${BothSchedules} proposal=${proposal} />
    <p class="muted">The total interest would rise, so the terms change only if you accept them. You can accept them
      until ${formatDate(proposal.expires_on)} (${formatRelativeDay(proposal.expires_on)}). Otherwise your current
      schedule stays.</p>
    <p class="actions"><${Button} kind="primary" onClick=${handleAccept}>Accept new terms<//></p><//>`;
}

/** The current and the proposed schedule, calculated for today. */
function BothSchedules({ proposal: { id, loan_id: loanId } }) {
  const body = { proposal_id: id, dry_run: true };
  const { data } = useLoad((signal) => post(`api/loans/${loanId}/reschedule/accept/`, body, { signal }), [id]);
  if (!data) return null;
  return html`<details><summary>Compare both schedules</summary><div class="grid">
    <div><h3>Current schedule</h3><${ScheduleTable} items=${data.before.items} caption="Current schedule" /></div>
    <div><h3>Proposed schedule</h3><${ScheduleTable} items=${data.after.items} caption="Proposed schedule" /></div>
    </div></details>`;
}
