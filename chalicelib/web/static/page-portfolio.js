/* A lender's portfolio: summary, principal by status, expected repayments, positions. */

import {
  Card,
  DescriptionList,
  EmptyState,
  html,
  LoadedContent,
  pluralise,
  Status,
  statusLabel,
  useLoad,
} from "./ui.js";
import { Chart, ColumnChart, SplitBar } from "./charts.js";
import { dateFromToday, formatDate, formatMonth, monthsBetween } from "./dates.js";
import { formatCents, formatMoney, sumOf, toCents } from "./money.js";
import { formatReturn, loadPortfolio, positionStatus, principalByStatus, receivedByMonth } from "./portfolio.js";
import { StatusFilter } from "./filters.js";
import { Table } from "./table.js";

const DAYS_BACK = 150; // five months of received payments before the expected ones
const STATUS_KINDS = { FUNDED: "info", OVERDUE: "bad", COMPLETED: "good", DEFAULTED: "bad", PENDING_FUNDING: "warn" };
const LEGEND = [
  ["series-1", "Received"],
  ["forecast", "Expected"],
];

async function load(signal) {
  const firstDay = `${dateFromToday(-DAYS_BACK).slice(0, 7)}-01`;
  const [portfolio, received] = await Promise.all([loadPortfolio(signal), receivedByMonth(firstDay, signal)]);
  return { ...portfolio, received: received ?? [] };
}

export default function Portfolio({ query }) {
  const page = useLoad(load);
  const status = query.get("status") ?? "";
  return html`<h1>Portfolio</h1><${LoadedContent} state=${page}>${(portfolio) =>
    portfolio.positions.length === 0
      ? html`<${Card}><${EmptyState} icon="chart-column" title="You haven’t lent any money yet.">
        <a class="button primary" href="#/market">Browse open loans</a><//><//>`
      : html`<div class="stack"><div class="grid"><${Summary} portfolio=${portfolio} /><${ByStatus}
        portfolio=${portfolio} /></div>
        <${ExpectedRepayments} portfolio=${portfolio} />
        ${portfolio.years?.length > 0 && html`<${ByYear} years=${portfolio.years} />`}
        <${Positions} positions=${portfolio.positions} status=${status} /></div>`}<//>`;
}

function Summary({ portfolio: { totals, xirr } }) {
  return html`<${Card} title="Summary"><${DescriptionList} items=${[
    ["Annualised return (XIRR)", formatReturn(xirr)],
    ["Lent", formatMoney(totals.principal)],
    ["Principal received", formatMoney(totals.received_principal)],
    ["Interest received", html`<span class="in">+${formatMoney(totals.received_interest)}</span>`],
    ["Outstanding principal", formatMoney(totals.outstanding)],
    toCents(totals.in_escrow) > 0 && ["Awaiting disbursement", formatMoney(totals.in_escrow)],
    toCents(totals.written_off) > 0 && ["Written off", formatMoney(totals.written_off)],
    ["Fees paid", formatMoney(totals.fees_paid)],
    ["Available cash", formatMoney(totals.idle)],
  ]} /><details><summary>What is XIRR?</summary><p class="muted small">XIRR is your yearly rate of return. It takes
    into account the date of every amount you lent and received, and the principal still
    outstanding.</p></details><//>`;
}

function ByStatus({ portfolio: { positions, totals } }) {
  const finding =
    totals.late_loans === 0
      ? "None of your loans are overdue."
      : `${pluralise(totals.late_loans, "loan")} overdue · ${formatMoney(totals.late_amount)} past due`;
  const parts = principalByStatus(positions).map(({ status, size }) => ({
    label: statusLabel(status),
    kind: STATUS_KINDS[status] ?? "off",
    size,
    text: formatCents(size),
  }));
  return html`<${Card} title="Loans by status"><${SplitBar} finding=${finding} parts=${parts} /><//>`;
}

function ExpectedRepayments({ portfolio: { received, expected, totals } }) {
  const months = [
    ...received.map((month) => ({ ...month, kind: "series-1", label: "Received" })),
    ...expected.map((month) => ({ ...month, kind: "forecast", label: "Expected" })),
  ];
  if (months.length === 0) return null;
  const columns = monthsBetween(months.map(({ month }) => month)).map((name) => ({
    label: formatMonth(name).replace(/ 20(\d\d)/, " ’$1"),
    parts: months.filter(({ month }) => month === name).map(({ kind, amount }) => [kind, toCents(amount)]),
  }));
  const finding =
    `${formatCents(sumOf(expected, "amount"))} expected, ` +
    `${formatMoney(totals.expected_30_days)} of it in the next 30 days.`;
  const legend = LEGEND.filter(([kind]) => months.some((month) => month.kind === kind));
  const table = html`<${Table} areCards=${false} caption="Received and expected by month" rows=${months} columns=${[
    ["Month", (row) => formatMonth(row.month)],
    ["Status", (row) => row.label],
    ["Amount", (row) => formatMoney(row.amount), { num: true }],
  ]} />`;
  return html`<${Card} title="Expected repayments"><${Chart} ...${{ finding, legend, table }}>
    <${ColumnChart} columns=${columns} label=${`Repayments by month. ${finding}`} /><//><//>`;
}

function ByYear({ years }) {
  return html`<${Card} title="By calendar year"><${Table} rows=${years} caption="Figures by calendar year"
    keyOf=${(row) => row.year} columns=${[
      ["Year", (row) => row.year, { head: true }],
      ["Interest received", (row) => formatMoney(row.interest), { num: true }],
      ["Principal received", (row) => formatMoney(row.principal), { num: true }],
      ["Written off", (row) => formatMoney(row.written_off), { num: true }],
      ["Recovered", (row) => formatMoney(row.recovered), { num: true }],
    ]} /><//>`;
}

function Positions({ positions, status }) {
  const statuses = [...new Set(positions.map(positionStatus))];
  const hasLosses = sumOf(positions, "written_off") !== 0;
  const rows = positions.filter((position) => !status || positionStatus(position) === status);
  return html`<${Card} title="Positions"><${StatusFilter} ...${{ status, statuses }} />
    <${Table} rows=${rows} caption="Positions" keyOf=${(position) => position.loan_id} columns=${[
      ["Loan", (row) => html`<a href=${`#/market/${row.loan_id}`}>${row.borrower_username}</a>`, { head: true }],
      ["Status", (row) => html`<${Status} value=${positionStatus(row)} />`],
      ["Lent", (row) => formatMoney(row.principal), { num: true }],
      ["Outstanding", (row) => formatMoney(row.outstanding), { num: true }],
      ["Principal received", (row) => formatMoney(row.received_principal), { num: true }],
      ["Interest received", (row) => formatMoney(row.received_interest), { num: true }],
      ...(hasLosses ? [["Written off", (row) => formatMoney(row.written_off), { num: true }]] : []),
      ["Next payment", (row) => formatDate(row.next_expected_date)],
    ]} /><//>`;
}
