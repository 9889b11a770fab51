/* The daily report on the overview: loans by status, arrears, portfolio at risk, cash and fees. */

import { Card, DescriptionList, html, pluralise, sentenceCase, statusLabel, useLoad } from "./ui.js";
import { formatCents, formatMoney, formatPercent, sumOf, toCents } from "./money.js";
import { Chart, SplitBar } from "./charts.js";
import { formatDate } from "./dates.js";
import { get } from "./api.js";
import { LineChart } from "./line-chart.js";
import { Table } from "./table.js";

const DAYS = 14;
const STATUS_KINDS = {
  REQUESTED: "info",
  PENDING_FUNDING: "warn",
  FUNDED: "series-2",
  COMPLETED: "good",
  DEFAULTED: "bad",
  CANCELLED: "off",
};
const BUCKET_KINDS = ["info", "warn", "warn", "bad", "bad"];
const CASH_LEGEND = [
  ["series-1", "Deposits"],
  ["series-2", "Withdrawals (dashed)"],
];

export function ReportSummary({ report }) {
  const { portfolio, fee_income: fees, origination, cash } = report;
  const date = `${formatDate(report.date)}${report.is_final ? "" : " (provisional)"}`;
  return html`<div class="grid"><${LoansByStatus} report=${report} date=${date} /><${Arrears} report=${report} /></div>
    <div class="grid"><${Card} title="Portfolio"><${DescriptionList} items=${[
      ["Outstanding", formatMoney(portfolio.outstanding)],
      ["Overdue", formatMoney(portfolio.overdue)],
      ["Written off", formatMoney(portfolio.written_off)],
      ["Portfolio at risk, 30+ days", formatPercent(portfolio.par30)],
      ["Portfolio at risk, 60+ days", formatPercent(portfolio.par60)],
      ["Portfolio at risk, 90+ days", formatPercent(portfolio.par90)],
      ["Completion rate", formatPercent(report.completion_rate)],
      ["Default rate", formatPercent(report.default_rate)],
    ]} /><//>
    <${Card} title=${`Activity on ${date}`} aside=${html`<a href="#/reports">View full report</a>`}>
      <${DescriptionList} items=${[
        ["Loans disbursed", `${origination.loans} · ${formatMoney(origination.amount)}`],
        ["Deposits", formatMoney(cash.deposits)],
        ["Withdrawals", formatMoney(cash.withdrawals)],
        ["Fees for the day", formatMoney(fees.of_the_day)],
        ["Fees to date", formatMoney(fees.to_date)],
      ]} /><//></div>
    <${CashByDay} latest=${report} />`;
}

function LoansByStatus({ report, date }) {
  const parts = report.loans.map(({ status, loans, amount }) => ({
    label: statusLabel(status),
    kind: STATUS_KINDS[status] ?? "off",
    size: toCents(amount),
    text: `${loans} · ${formatMoney(amount)}`,
  }));
  const count = report.loans.reduce((sum, { loans }) => sum + loans, 0);
  return html`<${Card} title="Loans by status">
    <${SplitBar} parts=${parts} finding=${`${pluralise(count, "loan")} on ${date}.`} /><//>`;
}

function Arrears({ report: { ageing, portfolio } }) {
  const parts = ageing.map((bucket, index) => ({
    label: bucket.days_late === "current" ? "Current" : `${sentenceCase(bucket.days_late)} days`,
    kind: BUCKET_KINDS[index] ?? "bad",
    size: toCents(bucket.outstanding),
    text: `${bucket.loans} · ${formatMoney(bucket.outstanding)}`,
  }));
  const late = formatCents(sumOf(ageing.slice(1), "outstanding"));
  const finding = `${late} of ${formatMoney(portfolio.outstanding)} is in arrears.`;
  return html`<${Card} title="Arrears"><${SplitBar} parts=${parts} finding=${finding} /><//>`;
}

/** Loads the latest daily reports, oldest first. */
async function dailyReports(kind, signal) {
  return (await get(`api/admin/reports/${kind}/days/`, { limit: DAYS }, signal)).items.reverse();
}

function CashByDay({ latest }) {
  const { data: reports } = useLoad((signal) => dailyReports(latest.kind, signal), [latest.date]);
  if (!reports || reports.length < 2) return null;
  const days = reports.map(({ date }) => date);
  const cash = reports.map((report) => report.cash);
  const sizes = (name) => cash.map((day) => toCents(day[name]));
  const total = (name) => formatCents(sumOf(cash, name));
  const finding = `${total("deposits")} deposited and ${total("withdrawals")} withdrawn in ${days.length} days.`;
  const table = html`<${Table} areCards=${false} caption="Cash by day" rows=${reports} columns=${[
    ["Day", (row) => formatDate(row.date)],
    ["Deposits", (row) => formatMoney(row.cash.deposits), { num: true }],
    ["Withdrawals", (row) => formatMoney(row.cash.withdrawals), { num: true }],
  ]} />`;
  return html`<${Card} title="Cash by day"><${Chart} ...${{ finding, legend: CASH_LEGEND, table }}>
    <${LineChart} days=${days} label=${finding} series=${[
      { label: "Deposits", sizes: sizes("deposits") },
      { label: "Withdrawals", sizes: sizes("withdrawals") },
    ]} /><//><//>`;
}
