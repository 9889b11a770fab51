/* A lender's money: positions, totals, what is expected when. */

import { cents, percent, wire } from "./money.js";
import { get } from "./api.js";

const PAGE = 100;
const MOST_PAGES = 5; // what a person can look through; the totals count everything

/** Loads the portfolio: the positions, and what is about all of them together. */
export async function loadPortfolio(signal) {
  const { items, next_cursor: rest, ...whole } = await get("api/loans/investments/", { limit: PAGE }, signal);
  const positions = [...items];
  let cursor = rest;
  for (let page = 1; cursor && page < MOST_PAGES; page += 1) {
    const more = await get("api/loans/investments/", { limit: PAGE, cursor }, signal);
    positions.push(...more.items);
    cursor = more.next_cursor;
  }
  return { ...whole, positions, isCut: cursor !== null };
}

/** What came back by month since a day, as {month, amount}; null when there is too much to add up on a page. */
export async function receivedByMonth(first, signal) {
  const query = { type: "LOAN_PAYMENT", from: first, limit: PAGE };
  const months = new Map();
  let cursor = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await get("api/wallets/transactions/", { ...query, cursor }, signal);
    for (const { created_at: at, amount } of found.items) {
      months.set(at.slice(0, 7), (months.get(at.slice(0, 7)) ?? 0) + cents(amount));
    }
    cursor = found.next_cursor;
    if (cursor === null) return [...months].sort().map(([month, size]) => ({ month, amount: wire(size) }));
  }
  return null;
}

/** All money of a lender here, in integer cents: idle, held and lent. */
export function worthOf({ idle, held, outstanding }) {
  return cents(idle) + cents(held) + cents(outstanding);
}

/** A position's status as people see it: an active loan with a payment that is late is overdue. */
export function stateOf(position) {
  return position.status === "FUNDED" && cents(position.overdue) > 0 ? "OVERDUE" : position.status;
}

/** The yearly return in words, or a dash while there is none. */
export function returnText(xirr) {
  return xirr === null ? "–" : percent(xirr);
}

/** What was lent by status, for a split bar: {status, size in integer cents, amount}. */
export function byStatus(positions) {
  const sums = new Map();
  for (const one of positions) sums.set(stateOf(one), (sums.get(stateOf(one)) ?? 0) + cents(one.principal));
  return [...sums].map(([status, size]) => ({ status, size, amount: wire(size) }));
}
