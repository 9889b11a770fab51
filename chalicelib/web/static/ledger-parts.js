/* Parts of the ledger that several pages of the panel show. */

import { Empty, html, sentenceCase } from "./ui.js";
import { cents, money, signedMoney, wire } from "./money.js";
import { Table } from "./table.js";
import { utcText } from "./dates.js";

/** Postings of one account, newest first; with a running balance when the newest balance is given. */
export function Postings({ items, balance }) {
  if (items.length === 0) return html`<${Empty} icon="scale" title="No postings." />`;
  let running = balance === undefined ? null : cents(balance);
  const rows = items.map((item) => {
    const row = { ...item, after: running };
    if (running !== null) running -= cents(item.amount);
    return row;
  });
  return html`<${Table} rows=${rows} caption="Postings" columns=${[
    ["When", (row) => utcText(row.created_at), { head: true }],
    ["Type", (row) => sentenceCase(row.type)],
    ["Reference", (row) => row.reference ?? "–"],
    ["In or out", (row) => (cents(row.amount) < 0 ? "Out" : "In")],
    ["Amount", (row) => signedMoney(row.amount), { num: true }],
    ...(balance === undefined ? [] : [["Balance after", (row) => money(wire(row.after)), { num: true }]]),
  ]} />`;
}
