/* A table of ledger postings. */

import { EmptyState, html, sentenceCase } from "./ui.js";
import { formatCents, formatSignedMoney, toCents } from "./money.js";
import { Table } from "./table.js";
import { formatUtc } from "./dates.js";

/** The postings of one account, newest first, with the balance after each one, starting from the current balance. */
export function Postings({ items, balance }) {
  if (items.length === 0) return html`<${EmptyState} icon="scale" title="No postings." />`;
  let balanceCents = toCents(balance);
  const rows = items.map((item) => {
    const row = { ...item, balanceCents };
    balanceCents -= toCents(item.amount);
    return row;
  });
  return html`<${Table} rows=${rows} caption="Postings" columns=${[
    ["Time", (row) => formatUtc(row.created_at), { head: true }],
    ["Type", (row) => sentenceCase(row.type)],
    ["Reference", (row) => row.reference ?? "–"],
    ["In or out", (row) => (toCents(row.amount) < 0 ? "Out" : "In")],
    ["Amount", (row) => formatSignedMoney(row.amount), { num: true }],
    ["Balance after", (row) => formatCents(row.balanceCents), { num: true }],
  ]} />`;
}
