/* What every page is made of: rendering, symbols, notices, loading, announcements, statuses. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor-preact.js";

export {
  html,
  render,
  Fragment,
  useState,
  useEffect,
  useLayoutEffect,
  useMemo,
  useCallback,
  useRef,
  useId,
} from "./vendor-preact.js";

/** Where the platform is published, with a trailing slash: files lie one folder below it. */
export const ROOT = new URL("..", import.meta.url).href;
const chosenTheme = localStorage.getItem("theme");
if (chosenTheme) document.documentElement.dataset.theme = chosenTheme;

const SPRITE = new URL("./icons.svg", import.meta.url).pathname;

/** A symbol beside a word; it says nothing that the word does not. */
export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true" focusable="false"><use href=${`${SPRITE}#${name}`} /></svg>`;
}

/** A button that says what it is doing while it is busy. It keeps the focus, so it is not disabled then. */
export function Button({ busy, busyText, icon, kind = "plain", onClick, children, ...rest }) {
  const act = (event) => (busy || rest["aria-disabled"] === "true" ? event.preventDefault() : onClick?.(event));
  return html`<button type="button" class=${`button ${kind}`} aria-busy=${busy ? "true" : undefined} ...${rest}
    onClick=${act}>${icon && html`<${Icon} name=${icon} />`}
    ${busy ? (busyText ?? "One moment…") : children}</button>`;
}

const NOTICES = { good: "circle-check", warn: "triangle-alert", bad: "octagon-alert", info: "info" };

/** A message in the page. Bad news interrupts a screen reader, other news waits for a pause. */
export function Notice({ kind = "info", title, children }) {
  return html`<div class=${`notice ${kind}`} role=${kind === "bad" ? "alert" : "status"}>
    <${Icon} name=${NOTICES[kind]} />
    <div>${title && html`<strong>${title}</strong>`}${children}</div></div>`;
}

/** A refusal in the page, with its request id for support. */
export function ProblemNotice({ problem, children }) {
  const left = useCountdown(problem.retryAfterSeconds, problem);
  return html`<${Notice} kind="bad" title=${problem.sentence ?? problem.message}>
    ${left > 0 && html`<p>Try again in ${left} s.</p>`}
    ${problem.requestId && html`<p class="muted small">Request ${problem.requestId}</p>`}
    ${children && html`<p class="actions">${children}</p>`}<//>`;
}

/** Seconds left of a wait that starts anew with each cause. */
export function useCountdown(seconds, cause) {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    setLeft(seconds);
    const timer = setInterval(() => setLeft((now) => Math.max(0, now - 1)), 1000);
    return () => clearInterval(timer);
  }, [cause]);
  return left;
}

/**
 * Loads what a page shows, again when `causes` change or on reload(). Old data stay while the new are on their way,
 * and stay when the new fail.
 */
export function useLoad(load, causes = []) {
  const [state, setState] = useState({ data: undefined, problem: null, busy: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setState((old) => ({ ...old, busy: true }));
    load(abort.signal).then(
      (data) => abort.signal.aborted || setState({ data, problem: null, busy: false }),
      (problem) => abort.signal.aborted || setState((old) => ({ ...old, problem, busy: false })),
    );
    return () => abort.abort();
  }, [...causes, turn]);
  const put = (data) => setState({ data, problem: null, busy: false });
  return { ...state, put, reload: () => setTurn((now) => now + 1) };
}

/** While figures are old, no button acts on them: an instalment that was just paid must not be paid again. */
function swallow(event) {
  if (event.target.closest("button")) {
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Shows what useLoad has: a skeleton at first, the data, and above them what went wrong. */
export function Loaded({ of: { data, problem, busy, reload }, children }) {
  if (problem?.status === 404 && data === undefined) {
    return html`<${Notice} kind="warn" title="Not here, or not yours.">Go back, or to the start.<//>`;
  }
  return html`${
    problem &&
    html`<${ProblemNotice} problem=${problem}>
      <${Button} icon="refresh-cw" busy=${busy} onClick=${reload}>Try again<//><//>`
  }
    ${data !== undefined && html`<div class=${busy ? "flow stale" : "flow"} aria-busy=${busy}
      onClickCapture=${busy ? swallow : undefined}>${children(data)}</div>`}
    ${data === undefined && !problem && html`<${Skeleton} />`}`;
}

/** Grey bars, after 200 ms: an answer that comes sooner should not flicker. */
export function Skeleton() {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    isLate &&
    html`<div class="skeleton" role="status"><span class="sr-only">Loading…</span>
    <i></i><i></i><i></i></div>`
  );
}

/** What stands where there is nothing yet, with a way on. */
export function Empty({ icon = "sparkles", title, children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><p><strong>${title}</strong></p>
    ${children && html`<div class="actions">${children}</div>`}</div>`;
}

/** A box with a heading; `aside` stands at the right of the heading. */
export function Card({ title, aside, kind = "", children }) {
  return html`<section class=${`card ${kind}`}>
    ${title && html`<header><h2>${title}</h2>${aside && html`<div class="aside">${aside}</div>`}</header>`}
    ${children}</section>`;
}

/** Terms and their values, as a list of pairs. */
export function Facts({ of: pairs, kind = "" }) {
  const rows = pairs.filter(Boolean);
  return html`<dl class=${`facts ${kind}`}>
    ${rows.map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const STATUSES = {
  REQUESTED: ["Open", "circle-dot", "info"],
  PENDING_FUNDING: ["Being funded", "hourglass", "warn"],
  FUNDED: ["Active", "circle-play", "good"],
  OVERDUE: ["Overdue", "triangle-alert", "bad"],
  COMPLETED: ["Paid off", "circle-check", "good"],
  CANCELLED: ["Cancelled", "ban", "off"],
  DEFAULTED: ["Defaulted", "octagon-alert", "bad"],
  PENDING: ["To pay", "clock", "info"],
  PARTIAL: ["Partly paid", "hourglass", "warn"],
  PARTIALLY_PAID: ["Partly paid", "hourglass", "warn"],
  PAID: ["Paid", "circle-check", "good"],
  ACTIVE: ["Active", "circle-check", "good"],
  FROZEN: ["Frozen", "snowflake", "bad"],
};

/** A status as symbol and word. */
export function Status({ of: status, word }) {
  const [text, icon, kind] = STATUSES[status] ?? [sentenceCase(status), "circle-dot", "off"];
  return html`<span class=${`status ${kind}`}><${Icon} name=${icon} />${word ?? text}</span>`;
}

/** "1 offer", "2 offers". */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** "Partly paid" from "PARTLY_PAID". */
export function sentenceCase(code) {
  const words = String(code ?? "")
    .replaceAll("_", " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Says something to screen readers when they come to a pause. */
export function announce(text) {
  const region = document.getElementById("announcements");
  if (region && region.textContent !== text) region.textContent = text;
}

/** The width of an element in CSS pixels, kept up to date; for charts, whose labels must not shrink with them. */
export function useWidth(fallback = 320) {
  const place = useRef(null);
  const [width, setWidth] = useState(fallback);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(200, Math.floor(entry.contentRect.width))));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  return [place, width];
}
