/* A lender's positions: received, outstanding, late, what is expected when. */

import { Card, Empty, Facts, html, Loaded, sentenceCase, Status, useLoad } from "./ui.js";
import { byStatus, isLate, loadPortfolio, returnText } from "./portfolio.js";
import { cents, money, wire } from "./money.js";
import { Chart, Columns, Split } from "./chart-bars.js";
import { dayText, monthText, today } from "./dates.js";
import { setQuery } from "./router.js";
import { Table } from "./table.js";

const KINDS = { FUNDED: "info", OVERDUE: "bad", COMPLETED: "good", DEFAULTED: "bad", PENDING_FUNDING: "warn" };
const WORDS = {
  FUNDED: "Active",
  OVERDUE: "Overdue",
  COMPLETED: "Paid off",
  DEFAULTED: "Defaulted",
  PENDING_FUNDING: "Being funded",
};

export default function Portfolio({ query }) {
  const page = useLoad(loadPortfolio);
  const status = query.get("status") ?? "";
  return html`<h1>Portfolio</h1><${Loaded} of=${page}>${(portfolio) =>
    portfolio.positions.length === 0
      ? html`<${Card}><${Empty} icon="chart-column" title="Deposit, then browse loans.">
        <a class="button primary" href="#/market">Browse open loans</a><//><//>`
      : html`<div class="stack"><div class="grid"><${Totals} portfolio=${portfolio} /><${States} positions=${portfolio.positions} /></div>
        <${Forecast} months=${portfolio.forecast} />
        <${Positions} positions=${portfolio.positions} status=${status} /></div>`}<//>`;
}

function Totals({ portfolio: { totals, xirr, idle } }) {
  return html`<${Card} title="In all"><${Facts} of=${[
    ["Return a year (XIRR)", returnText(xirr)],
    ["Lent", money(totals.principal)],
    ["Principal received", money(totals.received_principal)],
    ["Interest received", html`<span class="in">+${money(totals.received_interest)}</span>`],
    ["Outstanding", money(totals.outstanding)],
    cents(totals.written_off ?? "0") > 0 && ["Written off", money(totals.written_off)],
    ["Idle", money(wire(idle))],
  ]} /><details><summary>What is the XIRR?</summary><p class="muted small">The yearly rate at which your payments into
    loans and what came back, each on its own day, balance with what is still outstanding.</p></details><//>`;
}

function States({ positions }) {
  const parts = byStatus(positions);
  const bad = parts.filter(({ status }) => status === "OVERDUE" || status === "DEFAULTED");
  const finding =
    bad.length === 0
      ? "No loan of yours is late."
      : `${money(wire(bad.reduce((sum, { size }) => sum + size, 0)))} lie in loans that pay late or not at all.`;
  return html`<${Card} title="By status"><${Split} finding=${finding} parts=${parts.map(({ status, size, amount }) => ({
    word: WORDS[status] ?? sentenceCase(status),
    kind: KINDS[status] ?? "off",
    size,
    text: money(amount),
  }))} /><//>`;
}

function Forecast({ months }) {
  if (months.length === 0) return null;
  const now = today().slice(0, 7);
  const columns = months.map((month) => ({
    label: monthText(month.month).replace(/ 20(\d\d)/, " ’$1"),
    parts: [[month.month.slice(0, 7) < now ? "one" : "future", cents(month.amount)]],
  }));
  const ahead = months.filter((month) => month.month.slice(0, 7) >= now);
  const sum = ahead.reduce((total, month) => total + cents(month.amount), 0);
  const finding = `${money(wire(sum))} are expected in the ${ahead.length} months ahead.`;
  return html`<${Card} title="Money coming back"><${Chart} finding=${finding}
    legend=${
      columns.some(({ parts }) => parts[0][0] === "one")
        ? [
            ["one", "Received"],
            ["future", "Expected"],
          ]
        : [["future", "Expected"]]
    }
    table=${html`<${Table} areCards=${false} caption="Expected by month" rows=${months} columns=${[
      ["Month", (row) => monthText(row.month)],
      ["Amount", (row) => money(row.amount), { num: true }],
    ]} />`}><${Columns} columns=${columns} label=${`Money coming back by month. ${finding}`} /><//><//>`;
}

function Positions({ positions, status }) {
  const stateOf = (one) => (isLate(one) ? "OVERDUE" : one.status);
  const states = [...new Set(positions.map(stateOf))];
  const rows = positions.filter((one) => !status || stateOf(one) === status);
  return html`<${Card} title="Positions"><div class="filters"><div class="field"><label for="status">Status</label>
      <select class="control" id="status" onChange=${(event) => setQuery({ status: event.currentTarget.value })}>
        <option value="" selected=${!status}>All</option>
        ${states.map((value) => html`<option value=${value} selected=${value === status}>${WORDS[value] ?? sentenceCase(value)}</option>`)}
      </select></div></div>
    <${Table} rows=${rows} caption="Positions" keyOf=${(one) => one.loan_id} columns=${[
      [
        "Loan",
        (one) => html`<a href=${`#/market/${one.loan_id}`}>${one.borrower_username ?? "Loan"}</a>`,
        { head: true },
      ],
      ["Status", (one) => html`<${Status} of=${stateOf(one)} />`],
      ["Lent", (one) => money(one.principal), { num: true }],
      ["Outstanding", (one) => money(one.outstanding), { num: true }],
      ["Principal back", (one) => money(one.received_principal), { num: true }],
      ["Interest", (one) => money(one.received_interest), { num: true }],
      ["Next", (one) => dayText(one.next_expected_date)],
    ]} /><//>`;
}
