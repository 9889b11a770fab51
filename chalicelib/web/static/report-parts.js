/* A report, whatever it holds: pairs, tables, and sections under headings. */

import { Facts, html, sentenceCase as words } from "./ui.js";
import { get } from "./api.js";
import { money } from "./money.js";
import { Table } from "./table.js";

/** The newest report of a kind, or null before the job that writes it has run. */
export async function latestReport(kind, tasks, signal) {
  if (!tasks.some((task) => task.name === kind && task.last_run)) return null;
  return get(`api/admin/reports/${kind}/latest/`, null, signal);
}

const AMOUNT = /^-?\d+\.\d{2}$/;
const SHARE = /(rate|share)$|^par\d+$/;
const CODE = /^[A-Z]+(_[A-Z]+)*$/;
const TASK = /^[a-z]+(_[a-z]+)+$/;
const isPlain = (value) => value === null || typeof value !== "object";

/** A value of a report in words. Shares and rates name their unit themselves. */
export function valueText(name, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "string" && AMOUNT.test(value)) return SHARE.test(name) ? `${value} %` : money(value);
  return CODE.test(value) || TASK.test(value) ? words(value) : String(value);
}

/** Shows an object of a report: its plain members as pairs, lists as tables, objects as sections. */
export function Content({ of: content, level = 2 }) {
  const entries = Object.entries(content);
  const plain = entries.filter(([, value]) => isPlain(value));
  const nested = entries.filter(([, value]) => !isPlain(value));
  const Heading = `h${Math.min(level, 6)}`;
  return html`<div class="stack">
    ${plain.length > 0 && html`<${Facts} of=${plain.map(([name, value]) => [words(name), valueText(name, value)])} />`}
    ${nested.map(
      ([name, value]) => html`<section key=${name} class="stack-s"><${Heading}>${words(name)}<//>
      ${Array.isArray(value) ? html`<${Rows} name=${name} rows=${value} />` : html`<${Content} of=${value}
        level=${level + 1} />`}</section>`,
    )}
  </div>`;
}

function Rows({ name, rows }) {
  if (rows.length === 0) return html`<p class="muted">None.</p>`;
  if (isPlain(rows[0])) return html`<p>${rows.join(", ")}</p>`;
  const names = Object.keys(rows[0]).filter((one) => isPlain(rows[0][one]));
  return html`<${Table} areCards=${false} caption=${words(name)} rows=${rows} columns=${names.map((one) => [
    words(one),
    (row) => valueText(one, row[one]),
    { num: typeof rows[0][one] === "number" || AMOUNT.test(rows[0][one]) },
  ])} />`;
}
