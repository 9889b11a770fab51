/* What a loan costs: a quote of the platform, asked for while a person types. */

import { announce, Card, Facts, html, ProblemNotice, useEffect, useRef, useState } from "./ui.js";
import { Chart, Columns } from "./chart-bars.js";
import { cents, money, percent } from "./money.js";
import { dayText } from "./dates.js";
import { post } from "./api.js";
import { Table } from "./table.js";

const PAUSE_MS = 300;
const SETTLED_MS = 1000;
const MOST_COLUMNS = 60;
const answered = new Map(); // the same question has the same answer all day

/**
 * The quote for terms, or for null while a field is wrong: {quote, problem, isStale}. The old one stays, stale, until
 * the new one is here.
 */
export function useQuote(terms) {
  const question = terms && JSON.stringify(terms);
  const [state, setState] = useState({ quote: null, question: null, problem: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!question) return undefined;
    const known = answered.get(question);
    if (known) return void setState({ quote: known, question, problem: null });
    const abort = new AbortController();
    const timer = setTimeout(
      () =>
        post("api/loans/quote/", terms, { open: true, signal: abort.signal }).then(
          (quote) => {
            answered.set(question, quote);
            setState({ quote, question, problem: null });
          },
          (problem) => abort.signal.aborted || setState((old) => ({ ...old, question: null, problem })),
        ),
      PAUSE_MS,
    );
    return () => (clearTimeout(timer), abort.abort());
  }, [question, turn]);
  useEffect(() => {
    const wait = state.problem?.retryAfterSeconds;
    if (!wait) return undefined;
    const timer = setTimeout(() => setTurn((now) => now + 1), wait * 1000);
    return () => clearTimeout(timer);
  }, [state.problem]);
  return { ...state, isStale: !question || question !== state.question };
}

/** A quote in words: what is paid each month and in all. It is read out once it has settled. */
export function QuoteFacts({ quote, isStale, problem }) {
  const first = useRef(true);
  useEffect(() => {
    if (!quote || isStale) return undefined;
    const timer = setTimeout(() => {
      if (!first.current) announce(`${money(quote.instalment)} a month, ${money(quote.total_amount)} in all.`);
      first.current = false;
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [quote, isStale]);
  return html`<div aria-busy=${isStale} class=${isStale && quote ? "stack-s stale" : "stack-s"}>
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    <p class="muted">You would pay each month</p>
    <p class="figure">${quote ? money(quote.instalment) : "–"}</p>
    <${Facts} of=${[
      ["Interest in all", quote ? money(quote.total_interest) : "–"],
      ["To pay back in all", quote ? money(quote.total_amount) : "–"],
      ["APR", quote ? percent(quote.apr) : "–"],
    ]} /></div>`;
}

/** The one place where the APR is explained. */
export function AprNote() {
  return html`<details><summary>What is the APR?</summary><p class="muted small">The annual percentage rate puts the
    whole cost of a loan into one yearly figure, so that loans of different length can be compared. It counts every
    payment on the day when it is due.</p></details>`;
}

/** The payments of a schedule as stacked columns: months, or years when there are many. */
export function ScheduleChart({ items }) {
  const isLong = items.length > MOST_COLUMNS;
  const groups = isLong ? byYear(items) : items.map((item) => [String(item.number), [item]]);
  const columns = groups.map(([label, rows]) => ({
    label,
    parts: [
      ["one", total(rows, "principal")],
      ["two", total(rows, "interest")],
    ],
  }));
  const interest = total(items, "interest");
  const paid = interest + total(items, "principal");
  const share = paid ? ((100 * interest) / paid).toFixed(1) : "0.0";
  const unit = isLong ? "year" : "payment";
  const finding = `Of every ${money("100.00")} that is paid back, ${money(share)} is interest.`;
  return html`<${Chart} finding=${finding} table=${html`<${ScheduleTable} items=${items} />`}
    legend=${[
      ["one", "Principal"],
      ["two", "Interest"],
    ]}>
    <${Columns} columns=${columns} label=${`Principal and interest by ${unit}. ${finding}`} /><//>`;
}

function total(rows, part) {
  return rows.reduce((sum, row) => sum + cents(row[part]), 0);
}

function byYear(items) {
  const years = new Map();
  for (const item of items) {
    const year = item.due_date.slice(0, 4);
    years.set(year, [...(years.get(year) ?? []), item]);
  }
  return [...years];
}

/** A schedule that is only proposed: no states yet. */
export function ScheduleTable({ items, caption = "Proposed schedule" }) {
  return html`<${Table} areCards=${false} caption=${caption} rows=${items} keyOf=${(row) => row.number} columns=${[
    ["No.", (row) => row.number],
    ["Due", (row) => dayText(row.due_date)],
    ["Principal", (row) => money(row.principal), { num: true }],
    ["Interest", (row) => money(row.interest), { num: true }],
    ["Payment", (row) => money(row.amount), { num: true }],
    ["Left after", (row) => money(row.balance), { num: true }],
  ]} />`;
}

/** A quote in a card of its own. */
export function QuoteCard({ state, title }) {
  return html`<${Card} title=${title}>
    <${QuoteFacts} ...${state} /><${AprNote} /><//>`;
}
