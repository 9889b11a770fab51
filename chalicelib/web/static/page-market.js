/* Open loans for lenders, with filters that live in the address. */

import { Button, Card, html, useEffect, useState } from "./ui.js";
import { List, useList } from "./table.js";
import { money, parseMoney, parseRate, percent, plainMoney, wire } from "./money.js";
import { dayText } from "./dates.js";
import { setQuery } from "./router.js";

const PAUSE_MS = 500;
const COLUMNS = [
  ["Loan", (loan) => html`<a href=${`#/market/${loan.id}`}>${money(loan.amount)}</a>`, { head: true }],
  ["Borrower", (loan) => loan.borrower_username],
  ["For", (loan) => loan.purpose || "–"],
  ["Up to", (loan) => percent(loan.requested_rate), { num: true }],
  ["Months", (loan) => loan.term_months, { num: true }],
  ["Covered", (loan) => money(loan.accepted_amount), { num: true, wide: true }],
  ["Interest on all of it", (loan) => html`<span class="in">+${money(loan.total_interest)}</span>`, { num: true }],
  ["Asked", (loan) => dayText(loan.created_at), { wide: true }],
];
const NONE = { min_amount: "", max_amount: "", min_rate: "", max_term: "" };

export default function Market({ query }) {
  const filters = Object.fromEntries(Object.keys(NONE).map((name) => [name, query.get(name) ?? ""]));
  const list = useList("api/loans/available/", filters);
  const isFiltered = Object.values(filters).some(Boolean);
  const clear = html`<${Button} onClick=${() => setQuery(NONE)}>Clear filters<//>`;
  return html`<h1>Open loans</h1><${Card}>
    <div class="filters" role="search" aria-label="Filter open loans">
      <${Filter} name="min_amount" label="At least" given=${filters} read=${readMoney} show=${plainMoney} />
      <${Filter} name="max_amount" label="At most" given=${filters} read=${readMoney} show=${plainMoney} />
      <${Filter} name="min_rate" label="Rate from, %" given=${filters} read=${readRate} />
      <${Filter} name="max_term" label="Months up to" given=${filters} read=${readWhole} />
      ${isFiltered && clear}</div>
    <${List} list=${list} columns=${COLUMNS} caption="Open loans" keyOf=${(loan) => loan.id} empty=${
      isFiltered
        ? { icon: "search", title: "Nothing matches. Clear filters.", way: clear }
        : {
            icon: "store",
            title: "No open loans right now. Look again later, or let a rule offer for you.",
            way: html`<a class="button" href="#/auto">Set a rule</a>`,
          }
    } /><//>`;
}

function readMoney(text) {
  const { cents, error } = parseMoney(text);
  return error ? { error } : { value: wire(cents) };
}
function readRate(text) {
  const { rate, error } = parseRate(text);
  return error ? { error } : { value: rate };
}
function readWhole(text) {
  return /^[1-9]\d{0,2}$/.test(text.trim()) ? { value: text.trim() } : { error: "A whole number." };
}

/** A filter that is put into the address when typing pauses; nonsense is not. */
function Filter({ name, label, given, read, show = (value) => value }) {
  const [text, setText] = useState(given[name] ? show(given[name]) : "");
  const [error, setError] = useState(null);
  useEffect(() => {
    if (!given[name]) setText((old) => (read(old).error ? old : ""));
  }, [given[name]]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const found = text.trim() ? read(text) : { value: "" };
      setError(found.error ?? null);
      if (!found.error && found.value !== given[name]) setQuery({ [name]: found.value });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class=${`field ${error ? "wrong" : ""}`}><label for=${name}>${label}</label>
    <input class="control tnum" id=${name} type="text" inputmode="decimal" autocomplete="off" value=${text}
      aria-invalid=${error ? "true" : undefined} aria-describedby=${error ? `${name}-error` : undefined}
      onInput=${(event) => setText(event.currentTarget.value)} />
    ${error && html`<p class="error" id=${`${name}-error`}>${error}</p>`}</div>`;
}
