/* Components and hooks that every page uses: icons, buttons, notices, loading states, cards, statuses. */

import { html, useEffect, useState } from "./vendor-preact.js";

export { html, render, useState, useEffect, useLayoutEffect, useRef, useId } from "./vendor-preact.js";

/** The URL at which the platform is published, with a trailing slash. Static files are one folder below it. */
export const ROOT = new URL("..", import.meta.url).href;
const chosenTheme = localStorage.getItem("theme");
if (chosenTheme) document.documentElement.dataset.theme = chosenTheme;

const SPRITE = new URL("./icons.svg", import.meta.url).pathname;

/** A decorative icon next to a text that carries the meaning. */
export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true" focusable="false"><use href=${`${SPRITE}#${name}`} /></svg>`;
}

/** A button that shows its progress. While busy it ignores clicks but keeps the focus, so it is not disabled. */
export function Button({ busy, busyText, icon, kind = "plain", onClick, children, ...rest }) {
  const handleClick = (event) => (busy || rest["aria-disabled"] === "true" ? event.preventDefault() : onClick?.(event));
  return html`<button type="button" class=${`button ${kind}`} aria-busy=${busy ? "true" : undefined} ...${rest}
    onClick=${handleClick}>${icon && html`<${Icon} name=${icon} />`}
    ${busy ? (busyText ?? "Please wait…") : children}</button>`;
}

const NOTICE_ICONS = { good: "circle-check", warn: "triangle-alert", bad: "octagon-alert", info: "info" };

/** A message in the page. Screen readers read errors immediately and other messages at the next pause. */
export function Notice({ kind = "info", title, children }) {
  return html`<div class=${`notice ${kind}`} role=${kind === "bad" ? "alert" : "status"}>
    <${Icon} name=${NOTICE_ICONS[kind]} />
    <div>${title && html`<strong>${title}</strong>`}${children}</div></div>`;
}

/** An error in the page, with its request id for support and, after rate limiting, a countdown. */
export function ProblemNotice({ problem, children }) {
  const secondsLeft = useCountdown(problem.retryAfterSeconds, problem);
  return html`<${Notice} kind="bad" title=${problem.message}>
    ${secondsLeft > 0 && html`<p>Try again in ${secondsLeft} seconds.</p>`}
    ${problem.requestId && html`<p class="muted small">Request ${problem.requestId}</p>`}
    ${children && html`<p class="actions">${children}</p>`}<//>`;
}

function useCountdown(seconds, cause) {
  const [secondsLeft, setSecondsLeft] = useState(seconds);
  useEffect(() => {
    setSecondsLeft(seconds);
    const timer = setInterval(() => setSecondsLeft((current) => Math.max(0, current - 1)), 1000);
    return () => clearInterval(timer);
  }, [cause]);
  return secondsLeft;
}

/**
 * Loads the data of a page, again when a dependency changes or reload() is called. The old data stay while new data
 * load, and stay if loading fails.
 * @param {function(AbortSignal): Promise<any>} load
 */
export function useLoad(load, dependencies = []) {
  const [state, setState] = useState({ data: undefined, problem: null, busy: true });
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    setState((old) => ({ ...old, busy: true }));
    load(controller.signal).then(
      (data) => controller.signal.aborted || setState({ data, problem: null, busy: false }),
      (problem) => controller.signal.aborted || setState((old) => ({ ...old, problem, busy: false })),
    );
    return () => controller.abort();
  }, [...dependencies, version]);
  const setData = (data) => setState({ data, problem: null, busy: false });
  return { ...state, setData, reload: () => setVersion((current) => current + 1) };
}

/** Blocks buttons while figures are outdated: an instalment that was just paid must not be paid again. */
function blockButtons(event) {
  if (event.target.closest("button")) {
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Renders the state of useLoad: a skeleton at first, then the data, below an error if there is one. */
export function LoadedContent({ state: { data, problem, busy, reload }, children }) {
  if (problem?.status === 404 && data === undefined) {
    return html`<${Notice} kind="warn" title=${NOT_FOUND}>Go back, or go to the home page.<//>`;
  }
  return html`${
    problem &&
    html`<${ProblemNotice} problem=${problem}>
      <${Button} icon="refresh-cw" busy=${busy} onClick=${reload}>Try again<//><//>`
  }
    ${
      data !== undefined &&
      html`<div class=${busy ? "flow stale" : "flow"} aria-busy=${busy}
      onClickCapture=${busy ? blockButtons : undefined}>${children(data)}</div>`
    }
    ${data === undefined && !problem && html`<${Skeleton} />`}`;
}

export const NOT_FOUND = "We can’t find this, or you don’t have access to it.";

/** Grey bars while a page loads. They appear after 200 ms, so that a fast response does not flicker. */
export function Skeleton() {
  const [isVisible, setVisible] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setVisible(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    isVisible &&
    html`<div class="skeleton" role="status"><span class="sr-only">Loading…</span>
    <i></i><i></i><i></i></div>`
  );
}

/** The message of an empty list or page, with actions as children. */
export function EmptyState({ icon = "sparkles", title, children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><p><strong>${title}</strong></p>
    ${children && html`<div class="actions">${children}</div>`}</div>`;
}

/** A box with a heading; `aside` is shown to the right of the heading. */
export function Card({ title, aside, kind = "", children }) {
  return html`<section class=${`card ${kind}`}>
    ${title && html`<header><h2>${title}</h2>${aside && html`<div class="aside">${aside}</div>`}</header>`}
    ${children}</section>`;
}

/** The notice of an account that owes money after a returned deposit. `amount` is formatted, such as "$120.00". */
export function RestrictedNotice({ amount, children }) {
  return html`<${Notice} kind="bad" title=${`Your account is restricted. You owe ${amount}.`}>${children}<//>`;
}

/** Terms and values as a description list. Falsy items are left out. */
export function DescriptionList({ items, kind = "" }) {
  const pairs = items.filter(Boolean);
  return html`<dl class=${`rows ${kind}`}>
    ${pairs.map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const STATUSES = {
  REQUESTED: ["Open", "circle-dot", "info"],
  PENDING_FUNDING: ["Awaiting funding", "hourglass", "warn"],
  FUNDED: ["Active", "circle-play", "good"],
  OVERDUE: ["Overdue", "triangle-alert", "bad"],
  COMPLETED: ["Paid off", "circle-check", "good"],
  CANCELLED: ["Cancelled", "ban", "off"],
  DEFAULTED: ["Defaulted", "octagon-alert", "bad"],
  PENDING: ["Upcoming", "clock", "info"],
  PARTIAL: ["Partially paid", "hourglass", "warn"],
  PARTIALLY_PAID: ["Partially paid", "hourglass", "warn"],
  PAID: ["Paid", "circle-check", "good"],
  ACTIVE: ["Active", "circle-check", "good"],
  FROZEN: ["Frozen", "snowflake", "bad"],
  DISABLED: ["Disabled", "ban", "bad"],
};

/** The name of a status, such as "Awaiting funding". */
export function statusLabel(status) {
  return STATUSES[status]?.[0] ?? sentenceCase(status);
}

/** A status as icon and label. */
export function Status({ value, label = statusLabel(value) }) {
  const [, icon, kind] = STATUSES[value] ?? ["", "circle-dot", "off"];
  return html`<span class=${`status ${kind}`}><${Icon} name=${icon} />${label}</span>`;
}

/** "1 offer", "2 offers". */
export function pluralise(count, singular, plural = `${singular}s`) {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** "Partly paid" from "PARTLY_PAID". */
export function sentenceCase(code) {
  const words = String(code ?? "")
    .replaceAll("_", " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Announces a text to screen readers at the next pause. */
export function announce(text) {
  const region = document.getElementById("announcements");
  if (region && region.textContent !== text) region.textContent = text;
}
