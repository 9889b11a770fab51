/* Days and times in words. A day is a calendar date and has no time zone; an instant is shown in UTC to operators. */

const DAY_MS = 86_400_000;
const dayWords = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const monthWords = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
const instantWords = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const utcWords = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "medium",
  timeZone: "UTC",
});

/** Today in UTC, as the platform counts days: "2026-12-23". */
export function today() {
  return new Date().toISOString().slice(0, 10);
}

/** "23 Dec 2026" from "2026-12-23". */
export function dayText(day) {
  return day ? dayWords.format(new Date(`${day.slice(0, 10)}T00:00:00Z`)) : "–";
}

/** "Dec 2026" from "2026-12" or a day in it. */
export function monthText(day) {
  return monthWords.format(new Date(`${day.slice(0, 7)}-01T00:00:00Z`));
}

/** Whole days from today to a day; negative when it has passed. */
export function daysUntil(day) {
  return Math.round((Date.parse(`${day.slice(0, 10)}T00:00:00Z`) - Date.parse(`${today()}T00:00:00Z`)) / DAY_MS);
}

/** "in 3 days", "today", "yesterday", "5 days ago". */
export function distanceText(day) {
  const days = daysUntil(day);
  if (Math.abs(days) > 60) {
    return new Intl.RelativeTimeFormat("en").format(Math.round(days / 30), "month");
  }
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(days, "day");
}

/** A moment in the reader's own time zone. */
export function momentText(instant) {
  return instant ? instantWords.format(new Date(instant)) : "–";
}

/** A moment in UTC, for operators. */
export function utcText(instant) {
  return instant ? `${utcWords.format(new Date(instant))} UTC` : "–";
}

/** All months from the first to the last of some, "2026-11" and so on, without gaps. */
export function monthsBetween(months) {
  const sorted = [...months].sort();
  const [year, month] = (sorted[0] ?? "").split("-").map(Number);
  const all = [];
  for (let at = 0; all.at(-1) !== sorted.at(-1); at += 1) {
    all.push(new Date(Date.UTC(year, month - 1 + at)).toISOString().slice(0, 7));
  }
  return all;
}

/** The day a number of days after a day, or before it: "2026-12-23". */
export function dayFrom(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The day a number of days from today. */
export function dayFromToday(days) {
  return dayFrom(today(), days);
}
