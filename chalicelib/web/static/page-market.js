/* Open loans for lenders, with filters in the address. */

import { Card, html, pluralise } from "./ui.js";
import { ClearFilters, ParsedFilter } from "./filters.js";
import { List, useList } from "./table.js";
import { formatAmount, formatMoney, formatPercent, parseMoney, parseRate, toWire } from "./money.js";
import { formatDate } from "./dates.js";

const COLUMNS = [
  ["Loan", (loan) => html`<a href=${`#/market/${loan.id}`}>${formatMoney(loan.amount)}</a>`, { head: true }],
  ["Borrower", (loan) => loan.borrower_username],
  ["Purpose", (loan) => loan.purpose || "–"],
  ["Max. rate", (loan) => formatPercent(loan.requested_rate), { num: true }],
  ["Term", (loan) => pluralise(loan.term_months, "month"), { num: true }],
  ["Accepted", (loan) => formatMoney(loan.accepted_amount), { num: true, wide: true }],
  ["Total interest", (loan) => html`<span class="in">+${formatMoney(loan.total_interest)}</span>`, { num: true }],
  ["Requested", (loan) => formatDate(loan.created_at), { wide: true }],
];
const FILTERS = [
  { name: "min_amount", label: "Minimum amount", parse: parseAmountFilter, format: formatAmount },
  { name: "max_amount", label: "Maximum amount", parse: parseAmountFilter, format: formatAmount },
  { name: "min_rate", label: "Minimum rate (%)", parse: parseRateFilter },
  { name: "max_term", label: "Maximum term (months)", parse: parseTermFilter },
];
const FILTER_NAMES = FILTERS.map(({ name }) => name);

export default function Market({ query }) {
  const values = Object.fromEntries(FILTER_NAMES.map((name) => [name, query.get(name) ?? ""]));
  const list = useList("api/loans/available/", values);
  const isFiltered = Object.values(values).some(Boolean);
  const clear = html`<${ClearFilters} names=${FILTER_NAMES} />`;
  return html`<h1>Open loans</h1><${Card}>
    <div class="filters" role="search" aria-label="Filter open loans">
      ${FILTERS.map((filter) => html`<${ParsedFilter} key=${filter.name} ...${filter} value=${values[filter.name]} />`)}
      ${isFiltered && clear}</div>
    <${List} list=${list} columns=${COLUMNS} caption="Open loans" keyOf=${(loan) => loan.id} empty=${
      isFiltered
        ? { icon: "search", title: "No loans match your filters.", action: clear }
        : {
            icon: "store",
            title: "No open loans right now. Check back later, or let a rule make offers for you.",
            action: html`<a class="button" href="#/auto">Set up auto-invest</a>`,
          }
    } /><//>`;
}

function parseAmountFilter(text) {
  const { cents, error } = parseMoney(text);
  return error ? { error } : { value: toWire(cents) };
}
function parseRateFilter(text) {
  const { rate, error } = parseRate(text);
  return error ? { error } : { value: rate };
}
function parseTermFilter(text) {
  return /^[1-9]\d{0,2}$/.test(text.trim()) ? { value: text.trim() } : { error: "Enter a whole number." };
}
