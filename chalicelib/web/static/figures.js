/* The daily report as figures: the book by status, arrears, portfolio at risk, cash, fees. */

import { Card, Facts, html, sentenceCase, useLoad } from "./ui.js";
import { cents, money, percent, wire } from "./money.js";
import { Chart, Split } from "./chart-bars.js";
import { dayText } from "./dates.js";
import { get } from "./api.js";
import { Series } from "./chart-series.js";
import { Table } from "./table.js";

const DAYS = 14;
const KINDS = {
  REQUESTED: ["Open", "info"],
  PENDING_FUNDING: ["Being funded", "warn"],
  FUNDED: ["Active", "two"],
  COMPLETED: ["Paid off", "good"],
  DEFAULTED: ["Defaulted", "bad"],
  CANCELLED: ["Cancelled", "off"],
};
const LATENESS = ["info", "warn", "warn", "bad", "bad"];

export function Figures({ report }) {
  const { portfolio, fee_income: fees, origination } = report;
  const asOf = `${dayText(report.date)}${report.is_final ? "" : ", so far"}`;
  return html`<div class="grid"><${Book} report=${report} asOf=${asOf} /><${Arrears} report=${report} /></div>
    <div class="grid"><${Card} title="Portfolio"><${Facts} of=${[
      ["Outstanding", money(portfolio.outstanding)],
      ["Overdue", money(portfolio.overdue)],
      ["Written off", money(portfolio.written_off)],
      ["At risk, 30 / 60 / 90 days", [portfolio.par30, portfolio.par60, portfolio.par90].map(percent).join(" / ")],
      ["Completed", percent(report.completion_rate)],
      ["Defaulted", percent(report.default_rate)],
    ]} /><//>
    <${Card} title=${`The day, ${asOf}`} aside=${html`<a href="#/reports">Full report</a>`}><${Facts} of=${[
      ["Loans paid out", `${origination.loans} · ${money(origination.amount)}`],
      ["Money in from outside", money(report.cash.deposits)],
      ["Money out", money(report.cash.withdrawals)],
      ["Fees of the day", money(fees.of_the_day)],
      ["Fees to date", money(fees.to_date)],
    ]} /><//></div>
    <${Cash} latest=${report} />`;
}

function Book({ report, asOf }) {
  const parts = report.loans.map(({ status, loans, amount }) => ({
    word: KINDS[status]?.[0] ?? sentenceCase(status),
    kind: KINDS[status]?.[1] ?? "off",
    size: cents(amount),
    text: `${loans} · ${money(amount)}`,
  }));
  const count = report.loans.reduce((sum, one) => sum + one.loans, 0);
  return html`<${Card} title="The book by status">
    <${Split} parts=${parts} finding=${`${count} loans, ${asOf}.`} /><//>`;
}

function Arrears({ report: { ageing, portfolio } }) {
  const parts = ageing.map((bucket, at) => ({
    word: bucket.days_late === "current" ? "Not late" : `${sentenceCase(bucket.days_late)} days`,
    kind: LATENESS[at] ?? "bad",
    size: cents(bucket.outstanding),
    text: `${bucket.loans} · ${money(bucket.outstanding)}`,
  }));
  const late = ageing.slice(1).reduce((sum, bucket) => sum + cents(bucket.outstanding), 0);
  const finding = `${money(wire(late))} of ${money(portfolio.outstanding)} belongs to loans that are late.`;
  return html`<${Card} title="Arrears"><${Split} parts=${parts} finding=${finding} /><//>`;
}

/** The reports of the last days, oldest first. */
async function lastDays(kind, signal) {
  return (await get(`api/admin/reports/${kind}/days/`, { limit: DAYS }, signal)).items.reverse();
}

function Cash({ latest }) {
  const { data: reports } = useLoad((signal) => lastDays(latest.kind, signal), [latest.date]);
  if (!reports || reports.length < 2) return null;
  const days = reports.map(({ date }) => date);
  const sizes = (name) => reports.map(({ cash }) => cents(cash[name]));
  const sum = (name) => money(wire(sizes(name).reduce((all, size) => all + size, 0)));
  const finding = `${sum("deposits")} came in and ${sum("withdrawals")} went out in ${days.length} days.`;
  const table = html`<${Table} areCards=${false} caption="Cash by day" rows=${reports} columns=${[
    ["Day", (row) => dayText(row.date)],
    ["In", (row) => money(row.cash.deposits), { num: true }],
    ["Out", (row) => money(row.cash.withdrawals), { num: true }],
  ]} />`;
  const legend = [
    ["one", "In"],
    ["two", "Out, dashed"],
  ];
  return html`<${Card} title="Cash by day"><${Chart} ...${{ finding, legend, table }}>
    <${Series} days=${days} label=${finding} series=${[
      { label: "In", sizes: sizes("deposits") },
      { label: "Out", sizes: sizes("withdrawals") },
    ]} /><//><//>`;
}
