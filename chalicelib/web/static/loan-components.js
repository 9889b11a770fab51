/* Components that several loan pages share: the schedule, the payments, the repayment progress. */

import { Card, EmptyState, html, Status } from "./ui.js";
import { daysUntil, formatDate, formatDateTime, formatRelativeDay } from "./dates.js";
import { formatCents, formatMoney, sumOf, toCents } from "./money.js";
import { get } from "./api.js";
import { ScheduleChart } from "./quote.js";
import { Table } from "./table.js";

/** The statuses of loans that have a schedule. */
export const WITH_SCHEDULE = ["FUNDED", "COMPLETED", "DEFAULTED"];

/** Loads a loan with the wallet of the user, and the schedule and payments if it has them. */
export async function loadLoan(id, signal) {
  const [loan, wallet] = await Promise.all([get(`api/loans/${id}/`, null, signal), get("api/wallets/", null, signal)]);
  if (!WITH_SCHEDULE.includes(loan.status)) return { loan, wallet, rows: [], payments: [] };
  const [schedule, payments] = await Promise.all([
    get(`api/loans/${id}/schedule/`, null, signal),
    get(`api/loans/${id}/payments/`, { limit: 100 }, signal),
  ]);
  return { loan, wallet, rows: schedule.items, payments: payments.items };
}

/** Returns the status to show for a loan: an active loan with a late payment is overdue. */
export function displayStatus(loan) {
  return loan.status === "FUNDED" && loan.next_due_date && daysUntil(loan.next_due_date) < 0 ? "OVERDUE" : loan.status;
}

function dueDate({ due_date: date, status }) {
  if (status === "PAID") return formatDate(date);
  return html`${formatDate(date)} <span class="muted small">${formatRelativeDay(date)}</span>`;
}

function amountOrDash(amount) {
  return toCents(amount) ? formatMoney(amount) : "–";
}

const LATE_COLUMNS = { "Late interest": "late_interest", "Late fee": "late_fee" };
const SCHEDULE_COLUMNS = [
  ["No.", (row) => row.number, { head: true }],
  ["Due date", dueDate],
  ["Principal", (row) => formatMoney(row.principal), { num: true }],
  ["Interest", (row) => formatMoney(row.interest), { num: true }],
  ["Late interest", (row) => amountOrDash(row.late_interest), { num: true }],
  ["Late fee", (row) => amountOrDash(row.late_fee), { num: true }],
  ["Payment", (row) => formatMoney(row.amount), { num: true }],
  ["Paid", (row) => formatMoney(row.paid_amount), { num: true }],
  ["Status", (row) => html`<${Status} value=${row.status} />`],
  ["Remaining principal", (row) => formatMoney(row.balance), { num: true }],
];

/** The schedule of a funded loan. */
export function Schedule({ rows, caption = "Schedule" }) {
  const isShown = (heading) => !LATE_COLUMNS[heading] || sumOf(rows, LATE_COLUMNS[heading]) !== 0;
  const columns = SCHEDULE_COLUMNS.filter(([heading]) => isShown(heading));
  return html`<${Table} areCards=${false} columns=${columns} rows=${rows} caption=${caption}
    keyOf=${(row) => row.number} />`;
}

/** The payments of a loan so far. */
export function Payments({ payments }) {
  if (payments.length === 0) return html`<${EmptyState} icon="clock" title="No payments yet." />`;
  return html`<${Table} rows=${payments} caption="Payments" keyOf=${(row) => row.id} columns=${[
    ["Date", (row) => formatDateTime(row.paid_at), { head: true }],
    ["Instalment", (row) => row.number, { num: true }],
    ["Principal", (row) => formatMoney(row.principal), { num: true }],
    ["Interest", (row) => formatMoney(row.interest), { num: true }],
    ["Fee", (row) => formatMoney(row.late_fee), { num: true }],
    ["Amount", (row) => formatMoney(row.amount), { num: true }],
  ]} />`;
}

/** The paid and the remaining amount as a bar, and the chart of the schedule. */
export function Progress({ loan, rows }) {
  const paid = sumOf(rows, "paid_amount");
  const remaining = toCents(loan.remaining_amount);
  return html`<${Card} title="Repayment progress">
    <div class="bar" role="img" aria-label=${`${formatCents(paid)} paid, ${formatCents(remaining)} remaining`}>
      <i class="good" style=${{ flex: `${paid} 1 0` }}></i>
      <i class="off" style=${{ flex: `${remaining} 1 0` }}></i></div>
    <p class="legend"><span><span class="dot good" aria-hidden="true"></span>Paid: <strong
      class="tnum">${formatCents(paid)}</strong></span>
      <span><span class="dot off" aria-hidden="true"></span>Remaining to pay: <strong
        class="tnum">${formatCents(remaining)}</strong></span></p>
    <${ScheduleChart} items=${rows} /><//>`;
}
