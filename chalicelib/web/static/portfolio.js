/* The portfolio of a lender: loading the positions, and figures derived from them. */

import { formatPercent, toCents, toWire } from "./money.js";
import { get } from "./api.js";

const PAGE_SIZE = 100;
const MAX_PAGES = 5; // as many positions as a person can look through; the totals count all of them

/** Loads the portfolio: its positions, totals, forecast and return. */
export async function loadPortfolio(signal) {
  const { items, next_cursor: rest, ...whole } = await get("api/loans/investments/", { limit: PAGE_SIZE }, signal);
  const positions = [...items];
  let cursor = rest;
  for (let page = 1; cursor && page < MAX_PAGES; page += 1) {
    const more = await get("api/loans/investments/", { limit: PAGE_SIZE, cursor }, signal);
    positions.push(...more.items);
    cursor = more.next_cursor;
  }
  return { ...whole, positions };
}

/** Loads the payments received since a date as {month, amount}, or null if there are too many to add up on a page. */
export async function receivedByMonth(from, signal) {
  const query = { type: "LOAN_PAYMENT", from, limit: PAGE_SIZE };
  const months = new Map();
  let cursor = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const found = await get("api/wallets/transactions/", { ...query, cursor }, signal);
    for (const { created_at: instant, amount } of found.items) {
      const month = instant.slice(0, 7);
      months.set(month, (months.get(month) ?? 0) + toCents(amount));
    }
    cursor = found.next_cursor;
    if (cursor === null) return [...months].sort().map(([month, size]) => ({ month, amount: toWire(size) }));
  }
  return null;
}

/** The value of a lender's account in integer cents: available cash, reserved money and outstanding principal. */
export function accountValueCents({ idle, held, outstanding }) {
  return toCents(idle) + toCents(held) + toCents(outstanding);
}

/** Returns the status to show for a position: an active loan with a late payment is overdue. */
export function positionStatus(position) {
  return position.status === "FUNDED" && toCents(position.overdue) > 0 ? "OVERDUE" : position.status;
}

/** The annualised return as text, or a dash while there is none. */
export function formatReturn(xirr) {
  return xirr === null ? "–" : formatPercent(xirr);
}

/** The lent principal by status: {status, size} in integer cents. */
export function principalByStatus(positions) {
  const sums = new Map();
  for (const position of positions) {
    const status = positionStatus(position);
    sums.set(status, (sums.get(status) ?? 0) + toCents(position.principal));
  }
  return [...sums].map(([status, size]) => ({ status, size }));
}
