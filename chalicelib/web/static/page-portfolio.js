/* A lender's positions: received, outstanding, late, what is expected when. */

import { Card, counted, Empty, Facts, html, Loaded, sentenceCase, Status, useLoad } from "./ui.js";
import { byStatus, loadPortfolio, receivedByMonth, returnText, stateOf } from "./portfolio.js";
import { cents, money, wire } from "./money.js";
import { Chart, Columns, Split } from "./chart-bars.js";
import { dayFromToday, dayText, monthsBetween, monthText } from "./dates.js";
import { setQuery } from "./router.js";
import { Table } from "./table.js";

const DAYS_BACK = 150; // five months of receipts before the expected ones
const KINDS = { FUNDED: "info", OVERDUE: "bad", COMPLETED: "good", DEFAULTED: "bad", PENDING_FUNDING: "warn" };
const WORDS = {
  FUNDED: "Active",
  OVERDUE: "Overdue",
  COMPLETED: "Paid off",
  DEFAULTED: "Defaulted",
  PENDING_FUNDING: "Being funded",
};

async function load(signal) {
  const first = `${dayFromToday(-DAYS_BACK).slice(0, 7)}-01`;
  const [portfolio, received] = await Promise.all([loadPortfolio(signal), receivedByMonth(first, signal)]);
  return { ...portfolio, received: received ?? [] };
}

export default function Portfolio({ query }) {
  const page = useLoad(load);
  const status = query.get("status") ?? "";
  return html`<h1>Portfolio</h1><${Loaded} of=${page}>${(portfolio) =>
    portfolio.positions.length === 0
      ? html`<${Card}><${Empty} icon="chart-column" title="Deposit, then browse loans.">
        <a class="button primary" href="#/market">Browse open loans</a><//><//>`
      : html`<div class="stack"><div class="grid"><${Totals} portfolio=${portfolio} /><${States}
        portfolio=${portfolio} /></div>
        <${Forecast} portfolio=${portfolio} />
        <${Positions} positions=${portfolio.positions} status=${status} /></div>`}<//>`;
}

function Totals({ portfolio: { totals, xirr } }) {
  return html`<${Card} title="In all"><${Facts} of=${[
    ["Return a year (XIRR)", returnText(xirr)],
    ["Lent", money(totals.principal)],
    ["Principal received", money(totals.received_principal)],
    ["Interest received", html`<span class="in">+${money(totals.received_interest)}</span>`],
    ["Outstanding", money(totals.outstanding)],
    cents(totals.in_escrow) > 0 && ["Of it not yet with borrowers", money(totals.in_escrow)],
    cents(totals.written_off) > 0 && ["Written off", money(totals.written_off)],
    ["Fees paid", money(totals.fees_paid)],
    ["Idle", money(totals.idle)],
  ]} /><details><summary>What is the XIRR?</summary><p class="muted small">The yearly rate at which your payments into
    loans and what came back, each on its own day, balance with what is still outstanding.</p></details><//>`;
}

function States({ portfolio: { positions, totals } }) {
  const parts = byStatus(positions);
  const finding =
    totals.late_loans === 0
      ? "No loan of yours is late."
      : `${money(totals.late_amount)} should have come from ${counted(totals.late_loans, "late loan")}.`;
  return html`<${Card} title="By status"><${Split} finding=${finding} parts=${parts.map(({ status, size, amount }) => ({
    word: WORDS[status] ?? sentenceCase(status),
    kind: KINDS[status] ?? "off",
    size,
    text: money(amount),
  }))} /><//>`;
}

function Forecast({ portfolio: { received, expected, totals } }) {
  const months = [
    ...received.map((month) => ({ ...month, kind: "one", word: "Received" })),
    ...expected.map((month) => ({ ...month, kind: "future", word: "Expected" })),
  ];
  if (months.length === 0) return null;
  const columns = monthsBetween(months.map(({ month }) => month)).map((name) => ({
    label: monthText(name).replace(/ 20(\d\d)/, " ’$1"),
    parts: months.filter(({ month }) => month === name).map(({ kind, amount }) => [kind, cents(amount)]),
  }));
  const sum = expected.reduce((total, month) => total + cents(month.amount), 0);
  const finding = `${money(wire(sum))} are still to come, ${money(totals.expected_30_days)} of it within 30 days.`;
  const legend = [
    ["one", "Received"],
    ["future", "Expected"],
  ].filter(([kind]) => months.some((month) => month.kind === kind));
  const table = html`<${Table} areCards=${false} caption="Received and expected by month" rows=${months} columns=${[
    ["Month", (row) => monthText(row.month)],
    ["What", (row) => row.word],
    ["Amount", (row) => money(row.amount), { num: true }],
  ]} />`;
  return html`<${Card} title="Money coming back"><${Chart} ...${{ finding, legend, table }}>
    <${Columns} columns=${columns} label=${`Money coming back by month. ${finding}`} /><//><//>`;
}

function Positions({ positions, status }) {
  const states = [...new Set(positions.map(stateOf))];
  const rows = positions.filter((one) => !status || stateOf(one) === status);
  return html`<${Card} title="Positions"><div class="filters"><div class="field"><label for="status">Status</label>
      <select class="control" id="status" onChange=${(event) => setQuery({ status: event.currentTarget.value })}>
        <option value="" selected=${!status}>All</option>
        ${states.map((value) => html`<option value=${value}
          selected=${value === status}>${WORDS[value] ?? sentenceCase(value)}</option>`)}
      </select></div></div>
    <${Table} rows=${rows} caption="Positions" keyOf=${(one) => one.loan_id} columns=${[
      ["Loan", (one) => html`<a href=${`#/market/${one.loan_id}`}>${one.borrower_username}</a>`, { head: true }],
      ["Status", (one) => html`<${Status} of=${stateOf(one)} />`],
      ["Lent", (one) => money(one.principal), { num: true }],
      ["Outstanding", (one) => money(one.outstanding), { num: true }],
      ["Principal back", (one) => money(one.received_principal), { num: true }],
      ["Interest", (one) => money(one.received_interest), { num: true }],
      ["Next", (one) => dayText(one.next_expected_date)],
    ]} /><//>`;
}
