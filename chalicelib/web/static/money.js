/* Money and rates: integer cents for arithmetic, decimal strings in the API, formatted text on the page. */

const { currency, minLoan, maxLoan, minOffer } = document.documentElement.dataset;
const CURRENCY = currency || "USD";

/** The limits of a loan request and the smallest offer, as amounts of the API. */
export const LIMITS = { minLoan, maxLoan, minOffer };

const currencyFormat = new Intl.NumberFormat("en", {
  style: "currency",
  currency: CURRENCY,
  currencyDisplay: "narrowSymbol",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const plainFormat = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const compactFormat = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** The symbol of the currency, shown outside a money field. */
export const currencySign = currencyFormat.formatToParts(0).find((part) => part.type === "currency").value;

const GROUPED = /^\d{1,3}(,\d{3})+(\.\d*)?$/;
const UNGROUPED = /^\d*(\.\d*)?$/;
const TOO_MANY_DECIMALS = "Use up to two decimal places.";

/** Parses a typed amount. Returns {cents} or {error}. A third decimal is an error; amounts are never rounded. */
export function parseMoney(text) {
  const typed = text.trim().replace(new RegExp(`^\\${currencySign}\\s*`), "");
  if (typed === "") return { error: "Enter an amount." };
  if (typed.startsWith("-") || typed.startsWith("−")) return { error: "The amount must be more than zero." };
  if (!/\d/.test(typed) || !(GROUPED.test(typed) || UNGROUPED.test(typed))) {
    return { error: "Enter an amount such as 1,250.50." };
  }
  const [whole, decimals = ""] = typed.replaceAll(",", "").split(".");
  if (decimals.length > 2) return { error: TOO_MANY_DECIMALS };
  if (whole.length > 12) return { error: "This amount is too large." };
  return { cents: Number(whole || "0") * 100 + Number(decimals.padEnd(2, "0")) };
}

/** Parses a rate in percent per year. Returns {rate}, a decimal string for the API, or {error}. */
export function parseRate(text) {
  const typed = text.trim().replace(/\s*%$/, "");
  if (typed === "") return { error: "Enter a rate." };
  if (!/^\d{1,3}(\.\d*)?$/.test(typed)) return { error: "Enter a percentage such as 12 or 9.75." };
  const [whole, decimals = ""] = typed.split(".");
  if (decimals.length > 2) return { error: TOO_MANY_DECIMALS };
  return { rate: `${Number(whole)}.${decimals.padEnd(2, "0")}` };
}

/** Converts an amount of the API, such as "-3.75", to integer cents. */
export function toCents(amount) {
  const [whole, decimals = ""] = String(amount).split(".");
  const size = Number(whole.replace("-", "")) * 100 + Number(decimals.padEnd(2, "0"));
  return whole.startsWith("-") ? -size : size;
}

/** Converts integer cents to an amount of the API: 125050 becomes "1250.50". */
export function toWire(amountCents) {
  const size = Math.abs(amountCents);
  const text = `${Math.floor(size / 100)}.${String(size % 100).padStart(2, "0")}`;
  return amountCents < 0 ? `-${text}` : text;
}

/** "$1,250.50" from an amount of the API, "1250.50". The minus sign is the typographic one. */
export function formatMoney(amount) {
  return currencyFormat.format(amount).replace("-", "−");
}

/** "$1,250.50" from integer cents. */
export function formatCents(amountCents) {
  return formatMoney(toWire(amountCents));
}

/** "1,250.50", the text of a money field that has lost the focus. */
export function formatAmount(amount) {
  return plainFormat.format(amount);
}

/** "+$5.00" or "−$5.00": the direction must not depend on colour alone. */
export function formatSignedMoney(amount) {
  return toCents(amount) > 0 ? `+${formatMoney(amount)}` : formatMoney(amount);
}

/** "$1.5K" from integer cents, for the axis of a chart. */
export function formatCompactMoney(amountCents) {
  return `${currencySign}${compactFormat.format(amountCents / 100)}`;
}

/** "12.00%" from "12.00". */
export function formatPercent(rate) {
  return `${plainFormat.format(rate)}%`;
}

/** The unpaid amount of an instalment, in integer cents. */
export function remainingAmount(instalment) {
  return toCents(instalment.amount) - toCents(instalment.paid_amount);
}

/** The sum of one field over rows, in integer cents. */
export function sumOf(rows, field) {
  return rows.reduce((sum, row) => sum + toCents(row[field]), 0);
}
