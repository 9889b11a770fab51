/* Renders any report: plain values as pairs, lists as tables, nested objects as sections with headings. */

import { DescriptionList, html, sentenceCase, statusLabel } from "./ui.js";
import { formatDate } from "./dates.js";
import { formatMoney, formatPercent } from "./money.js";
import { get } from "./api.js";
import { Table } from "./table.js";

/** Loads the newest report of a kind, or returns null if the job that writes it has never run. */
export async function latestReport(kind, tasks, signal) {
  if (!tasks.some((task) => task.name === kind && task.last_run)) return null;
  return get(`api/admin/reports/${kind}/latest/`, null, signal);
}

const AMOUNT = /^-?\d+\.\d{2}$/;
const SHARE = /(rate|share)$|^par\d+$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const CODE = /^[A-Z]+(_[A-Z]+)*$/;
const SNAKE_CASE = /^[a-z]+(_[a-z]+)+$/;
const LABELS = {
  is_final: "Status",
  par30: "Portfolio at risk, 30+ days",
  par60: "Portfolio at risk, 60+ days",
  par90: "Portfolio at risk, 90+ days",
  of_the_day: "For the day",
};
const isPlain = (value) => value === null || typeof value !== "object";

function labelOf(name) {
  return LABELS[name] ?? sentenceCase(name);
}

function valueText(name, value) {
  if (value === null || value === undefined) return "–";
  if (name === "is_final") return value ? "Final" : "Provisional";
  if (name === "status") return statusLabel(value);
  if (name === "days_late") return sentenceCase(value);
  if (DATE.test(value)) return formatDate(value);
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "string" && AMOUNT.test(value))
    return SHARE.test(name) ? formatPercent(value) : formatMoney(value);
  return CODE.test(value) || SNAKE_CASE.test(value) ? sentenceCase(value) : String(value);
}

/** The content of a report, or of a part of it below a heading of the given level. */
export function Content({ content, level = 2 }) {
  const entries = Object.entries(content);
  const plain = entries.filter(([, value]) => isPlain(value));
  const nested = entries.filter(([, value]) => !isPlain(value));
  const Heading = `h${Math.min(level, 6)}`;
  const pairs = plain.map(([name, value]) => [labelOf(name), valueText(name, value)]);
  return html`<div class="stack">
    ${pairs.length > 0 && html`<${DescriptionList} items=${pairs} />`}
    ${nested.map(
      ([name, value]) => html`<section key=${name} class="stack-s"><${Heading}>${labelOf(name)}<//>
      ${
        Array.isArray(value)
          ? html`<${ContentTable} name=${name} rows=${value} />`
          : html`<${Content} content=${value}
        level=${level + 1} />`
      }</section>`,
    )}
  </div>`;
}

function ContentTable({ name, rows }) {
  if (rows.length === 0) return html`<p class="muted">None.</p>`;
  if (isPlain(rows[0])) return html`<p>${rows.join(", ")}</p>`;
  const fields = Object.keys(rows[0]).filter((field) => isPlain(rows[0][field]));
  return html`<${Table} areCards=${false} caption=${labelOf(name)} rows=${rows} columns=${fields.map((field) => [
    labelOf(field),
    (row) => valueText(field, row[field]),
    { num: typeof rows[0][field] === "number" || AMOUNT.test(rows[0][field]) },
  ])} />`;
}
