/* A lender's money: what is idle, lent and held, what came back and what is expected. */

import { cents, percent, wire } from "./money.js";
import { daysUntil } from "./dates.js";
import { get } from "./api.js";

/** Loads positions and wallet and adds up what the pages show. Amounts are integer cents. */
export async function loadPortfolio(signal) {
  const [investments, wallet] = await Promise.all([
    get("api/loans/investments/", { limit: 100 }, signal),
    get("api/wallets/", null, signal),
  ]);
  return portfolioOf(investments, wallet);
}

export function portfolioOf({ items, totals, xirr, expected }, wallet) {
  const idle = cents(wallet.available);
  const held = cents(wallet.held);
  const lent = cents(totals.outstanding);
  return {
    positions: items,
    totals,
    wallet,
    idle,
    held,
    lent,
    worth: idle + held + lent,
    xirr: xirr === null || xirr === undefined ? null : xirr,
    forecast: expected ?? [],
    late: items.filter(isLate),
    soon: items
      .filter((one) => one.next_expected_date && Math.abs(daysUntil(one.next_expected_date)) <= 30)
      .reduce((sum, one) => sum + cents(one.next_expected_amount ?? 0), 0),
  };
}

/** Whether a position waits for a payment whose day has passed. */
export function isLate(position) {
  return (
    position.status === "FUNDED" && position.next_expected_date !== null && daysUntil(position.next_expected_date) < 0
  );
}

/** The yearly return in words, or a dash while there is none. */
export function returnText(xirr) {
  return xirr === null ? "–" : percent(xirr);
}

/** Amounts of positions by status, for a split bar: [status, cents]. */
export function byStatus(positions) {
  const sums = new Map();
  for (const one of positions) {
    const status = isLate(one) ? "OVERDUE" : one.status;
    sums.set(status, (sums.get(status) ?? 0) + cents(one.principal));
  }
  return [...sums].map(([status, size]) => ({ status, size, amount: wire(size) }));
}
