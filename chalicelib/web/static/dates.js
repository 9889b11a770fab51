/* Dates and times as text. Dates have no time zone. Operators see times in UTC, other users in their own time zone. */

const DAY_MS = 86_400_000;
const dateFormat = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const monthFormat = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
const localFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const utcFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });

let aheadMs = (Number(document.documentElement.dataset.daysAhead) || 0) * DAY_MS;

/** The business time in milliseconds since 1970: the real time, except where the test clock is ahead. */
export function businessTime() {
  return Date.now() + aheadMs;
}

/** Sets the business time of this page after the test clock has moved. */
export function setBusinessTime(instant) {
  aheadMs = Date.parse(instant) - Date.now();
}

/** Today's business date in UTC, the server's time zone: "2026-12-23". */
export function today() {
  return new Date(businessTime()).toISOString().slice(0, 10);
}

function startOfDay(date) {
  return Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
}

/** "23 Dec 2026" from "2026-12-23". */
export function formatDate(date) {
  return date ? dateFormat.format(startOfDay(date)) : "–";
}

/** "Dec 2026" from "2026-12" or a date in it. */
export function formatMonth(date) {
  return monthFormat.format(startOfDay(`${date.slice(0, 7)}-01`));
}

/** Whole days from today to a date, negative for past dates. */
export function daysUntil(date) {
  return Math.round((startOfDay(date) - startOfDay(today())) / DAY_MS);
}

/** "in 3 days", "today", "yesterday", "5 days ago". */
export function formatRelativeDay(date) {
  const days = daysUntil(date);
  if (Math.abs(days) > 60) {
    return new Intl.RelativeTimeFormat("en").format(Math.round(days / 30), "month");
  }
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(days, "day");
}

/** An instant in the reader's time zone. */
export function formatDateTime(instant) {
  return instant ? localFormat.format(new Date(instant)) : "–";
}

/** An instant in UTC. */
export function formatUtc(instant) {
  return instant ? `${utcFormat.format(new Date(instant))} UTC` : "–";
}

/** All months from the earliest to the latest of some months, "2026-11" and so on, without gaps. */
export function monthsBetween(months) {
  const sorted = [...months].sort();
  const [year, month] = (sorted[0] ?? "").split("-").map(Number);
  const all = [];
  for (let offset = 0; all.at(-1) !== sorted.at(-1); offset += 1) {
    all.push(new Date(Date.UTC(year, month - 1 + offset)).toISOString().slice(0, 7));
  }
  return all;
}

/** The date a number of days from today, or before today: "2026-12-23". */
export function dateFromToday(days) {
  return new Date(startOfDay(today()) + days * DAY_MS).toISOString().slice(0, 10);
}
