/* The daily report as figures: the book by status, arrears, portfolio at risk, cash by day, fees. */

import { Card, html, sentenceCase } from "./ui.js";
import { cents, money, wire } from "./money.js";
import { Content, valueText } from "./report-parts.js";
import { Chart, Split } from "./chart-bars.js";
import { Series } from "./chart-series.js";
import { Table } from "./table.js";
import { dayText } from "./dates.js";

const KINDS = {
  REQUESTED: "info",
  PENDING_FUNDING: "warn",
  FUNDED: "info",
  COMPLETED: "good",
  DEFAULTED: "bad",
  CANCELLED: "off",
};
const WORDS = {
  REQUESTED: "Open",
  PENDING_FUNDING: "Being funded",
  FUNDED: "Active",
  COMPLETED: "Paid off",
  DEFAULTED: "Defaulted",
  CANCELLED: "Cancelled",
};

export function Figures({ report }) {
  const { by_status: book, arrears, par, cash_by_day: days } = report;
  const known = ["by_status", "arrears", "par", "cash_by_day"];
  const others = Object.fromEntries(Object.entries(report).filter(([name]) => !known.includes(name)));
  return html`<div class="grid">${book && html`<${Book} book=${book} />`}${arrears && html`<${Arrears}
    arrears=${arrears} par=${par} />`}</div>
    ${days?.length > 0 && html`<${Cash} days=${days} />`}
    <${Card} title="The rest of the report" aside=${html`<a href="#/reports">Full report</a>`}><${Content}
      of=${others} /><//>`;
}

function Book({ book }) {
  const parts = Object.entries(book).map(([status, { count, amount }]) => ({
    word: WORDS[status] ?? sentenceCase(status),
    kind: KINDS[status] ?? "off",
    size: cents(amount ?? "0"),
    text: `${count} · ${money(amount ?? "0.00")}`,
  }));
  const count = Object.values(book).reduce((sum, one) => sum + Number(one.count), 0);
  return html`<${Card} title="The book by status"><${Split} parts=${parts}
    finding=${`${count} loans were ever asked for.`} /><//>`;
}

function Arrears({ arrears, par }) {
  const parts = Object.entries(arrears).map(([bucket, value], at) => ({
    word: sentenceCase(bucket),
    kind: ["info", "warn", "bad", "bad", "bad"][at] ?? "bad",
    size: cents(value.amount ?? value),
    text: money(value.amount ?? value),
  }));
  const late = parts.slice(1).reduce((sum, { size }) => sum + size, 0);
  return html`<${Card} title="Arrears"><${Split} parts=${parts}
    finding=${`${money(wire(late))} of outstanding principal is late.`} />
    ${
      par &&
      html`<p class="legend">${Object.entries(par).map(
        ([name, value]) => html`<span key=${name}>${name.toUpperCase()}:
      ${" "}<strong class="tnum">${valueText("par", value)}</strong></span>`,
      )}</p>`
    }<//>`;
}

function Cash({ days }) {
  const sum = (name) => days.reduce((all, day) => all + cents(day[name]), 0);
  const finding = `${money(wire(sum("in")))} came in and ${money(wire(sum("out")))} went out in ${days.length} days.`;
  return html`<${Card} title="Cash by day"><${Chart} finding=${finding} legend=${[
    ["one", "In"],
    ["two", "Out, dashed"],
  ]}
    table=${html`<${Table} areCards=${false} caption="Cash by day" rows=${days} columns=${[
      ["Day", (row) => dayText(row.date)],
      ["In", (row) => money(row.in), { num: true }],
      ["Out", (row) => money(row.out), { num: true }],
    ]} />`}><${Series} days=${days.map((day) => day.date)} label=${finding}
      series=${[
        { label: "In", sizes: days.map((day) => cents(day.in)) },
        { label: "Out", sizes: days.map((day) => cents(day.out)) },
      ]} /><//><//>`;
}
