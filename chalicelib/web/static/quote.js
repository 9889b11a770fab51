/* Quotes: the cost of a loan, requested from the API while the user types. */

import { announce, DescriptionList, html, ProblemNotice, useEffect, useRef, useState } from "./ui.js";
import { Chart, ColumnChart } from "./charts.js";
import { formatMoney, formatPercent, sumOf } from "./money.js";
import { formatDate } from "./dates.js";
import { post } from "./api.js";
import { Table } from "./table.js";

const REQUEST_DELAY_MS = 300;
const ANNOUNCE_DELAY_MS = 1000;
const MAX_COLUMNS = 60;
const quoteCache = new Map(); // quotes for the same terms do not change within a day

/**
 * Returns the quote for terms: {quote, problem, isStale}. The previous quote stays, marked as stale, until the new one
 * has arrived, and while the terms are null because a field is invalid.
 */
export function useQuote(terms) {
  const cacheKey = terms && JSON.stringify(terms);
  const [state, setState] = useState({ quote: null, cacheKey: null, problem: null });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (!cacheKey) return undefined;
    const cached = quoteCache.get(cacheKey);
    if (cached) return void setState({ quote: cached, cacheKey, problem: null });
    const controller = new AbortController();
    const timer = setTimeout(
      () =>
        post("api/loans/quote/", terms, { isPublic: true, signal: controller.signal }).then(
          (quote) => {
            quoteCache.set(cacheKey, quote);
            setState({ quote, cacheKey, problem: null });
          },
          (problem) => controller.signal.aborted || setState((old) => ({ ...old, cacheKey: null, problem })),
        ),
      REQUEST_DELAY_MS,
    );
    return () => (clearTimeout(timer), controller.abort());
  }, [cacheKey, attempt]);
  useEffect(() => {
    const seconds = state.problem?.retryAfterSeconds;
    if (!seconds) return undefined;
    const timer = setTimeout(() => setAttempt((current) => current + 1), seconds * 1000);
    return () => clearTimeout(timer);
  }, [state.problem]);
  return { ...state, isStale: !cacheKey || cacheKey !== state.cacheKey };
}

/** A quote as text: monthly payment, total interest, total repayment, APR. A change is announced once it is stable. */
export function QuoteSummary({ quote, isStale, problem }) {
  const isFirst = useRef(true);
  useEffect(() => {
    if (!quote || isStale) return undefined;
    const timer = setTimeout(() => {
      const { instalment, total_amount: total } = quote;
      if (!isFirst.current) {
        announce(`Monthly payment ${formatMoney(instalment)}, total repayment ${formatMoney(total)}.`);
      }
      isFirst.current = false;
    }, ANNOUNCE_DELAY_MS);
    return () => clearTimeout(timer);
  }, [quote, isStale]);
  return html`<div aria-busy=${isStale} class=${isStale && quote ? "stack-s stale" : "stack-s"}>
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    <p class="muted">Monthly payment</p>
    <p class="figure">${quote ? formatMoney(quote.instalment) : "–"}</p>
    <${DescriptionList} items=${[
      ["Total interest", quote ? formatMoney(quote.total_interest) : "–"],
      ["Total repayment", quote ? formatMoney(quote.total_amount) : "–"],
      ["APR", quote ? formatPercent(quote.apr) : "–"],
    ]} /></div>`;
}

/** The explanation of the APR. */
export function AprNote() {
  return html`<details><summary>What is APR?</summary><p class="muted small">The annual percentage rate (APR) shows the
    total cost of a loan as a yearly rate, so that you can compare loans of different lengths. It takes into account
    when each payment is due.</p></details>`;
}

/** The principal and interest of each payment as stacked columns, by year above 60 payments. */
export function ScheduleChart({ items }) {
  const isLong = items.length > MAX_COLUMNS;
  const groups = isLong ? groupByYear(items) : items.map((item) => [String(item.number), [item]]);
  const columns = groups.map(([label, rows]) => ({
    label,
    parts: [
      ["series-1", sumOf(rows, "principal")],
      ["series-2", sumOf(rows, "interest")],
    ],
  }));
  const interest = sumOf(items, "interest");
  const total = interest + sumOf(items, "principal");
  const interestShare = total ? ((100 * interest) / total).toFixed(1) : "0.0";
  const finding = `Of every ${formatMoney("100.00")} repaid, ${formatMoney(interestShare)} is interest.`;
  return html`<${Chart} finding=${finding} table=${html`<${ScheduleTable} items=${items} />`}
    legend=${[
      ["series-1", "Principal"],
      ["series-2", "Interest"],
    ]}>
    <${ColumnChart} columns=${columns}
      label=${`Principal and interest by ${isLong ? "year" : "payment"}. ${finding}`} />
    <//>`;
}

function groupByYear(items) {
  const years = new Map();
  for (const item of items) {
    const year = item.due_date.slice(0, 4);
    years.set(year, [...(years.get(year) ?? []), item]);
  }
  return [...years];
}

/** A proposed schedule, whose instalments have no status yet. */
export function ScheduleTable({ items, caption = "Proposed schedule" }) {
  return html`<${Table} areCards=${false} caption=${caption} rows=${items} keyOf=${(row) => row.number} columns=${[
    ["No.", (row) => row.number],
    ["Due date", (row) => formatDate(row.due_date)],
    ["Principal", (row) => formatMoney(row.principal), { num: true }],
    ["Interest", (row) => formatMoney(row.interest), { num: true }],
    ["Payment", (row) => formatMoney(row.amount), { num: true }],
    ["Remaining principal", (row) => formatMoney(row.balance), { num: true }],
  ]} />`;
}
