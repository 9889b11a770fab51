/* Parts that a loan's pages share: schedule with states, payments, how far it is paid. */

import { Card, Empty, html, Status } from "./ui.js";
import { cents, money, wire } from "./money.js";
import { daysUntil, dayText, distanceText, momentText } from "./dates.js";
import { ScheduleChart } from "./quote.js";
import { Table } from "./table.js";

/** A loan's status as people see it: an active loan with a payment that is late is overdue. */
export function shownStatus(loan) {
  return loan.status === "FUNDED" && loan.next_due_date && daysUntil(loan.next_due_date) < 0 ? "OVERDUE" : loan.status;
}

const LIVE_COLUMNS = [
  ["No.", (row) => row.number, { head: true }],
  [
    "Due",
    (row) =>
      html`${dayText(row.due_date)}${row.status === "PAID" ? "" : html` <span
        class="muted small">${distanceText(row.due_date)}</span>`}`,
  ],
  ["Principal", (row) => money(row.principal), { num: true }],
  ["Interest", (row) => money(row.interest), { num: true }],
  ["Late fee", (row) => (cents(row.late_fee) ? money(row.late_fee) : "–"), { num: true }],
  ["Payment", (row) => money(row.amount), { num: true }],
  ["Paid", (row) => money(row.paid_amount), { num: true }],
  ["Status", (row) => html`<${Status} of=${row.status} />`],
  ["Left after", (row) => money(row.balance), { num: true }],
];

/** The schedule of a funded loan. */
export function ScheduleRows({ rows, caption = "Schedule" }) {
  const hasFees = rows.some((row) => cents(row.late_fee) !== 0);
  const columns = LIVE_COLUMNS.filter(([word]) => hasFees || word !== "Late fee");
  return html`<${Table} areCards=${false} columns=${columns} rows=${rows} caption=${caption}
    keyOf=${(row) => row.number} />`;
}

/** The payments that were made. */
export function Payments({ payments }) {
  if (payments.length === 0) return html`<${Empty} icon="clock" title="No payment yet." />`;
  return html`<${Table} rows=${payments} caption="Payments" keyOf=${(row) => row.id} columns=${[
    ["When", (row) => momentText(row.paid_at), { head: true }],
    ["Instalment", (row) => row.number, { num: true }],
    ["Principal", (row) => money(row.principal), { num: true }],
    ["Interest", (row) => money(row.interest), { num: true }],
    ["Fee", (row) => money(row.late_fee), { num: true }],
    ["Amount", (row) => money(row.amount), { num: true }],
  ]} />`;
}

/** How much is paid and how much is left, and the chart of the schedule. */
export function Progress({ loan, rows }) {
  const paid = rows.reduce((sum, row) => sum + cents(row.paid_amount), 0);
  const left = cents(loan.remaining_amount);
  return html`<${Card} title="How far it is paid">
    <div class="bar" role="img" aria-label=${`${money(wire(paid))} paid, ${money(loan.remaining_amount)} left`}>
      <i class="good" style=${{ flex: `${paid} 1 0` }}></i><i class="off" style=${{ flex: `${left} 1 0` }}></i></div>
    <p class="legend"><span><span class="dot good" aria-hidden="true"></span>Paid: <strong
      class="tnum">${money(wire(paid))}</strong></span>
      <span><span class="dot off" aria-hidden="true"></span>Left to pay: <strong
        class="tnum">${money(loan.remaining_amount)}</strong></span></p>
    <${ScheduleChart} items=${rows} /><//>`;
}
