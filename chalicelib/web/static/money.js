/* Money and rates: integer cents inside, decimal strings on the wire, words and signs on the page. */

const CURRENCY = document.documentElement.dataset.currency || "USD";

const inCurrency = new Intl.NumberFormat("en", {
  style: "currency",
  currency: CURRENCY,
  currencyDisplay: "narrowSymbol",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const plain = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** The sign that stands outside a money field. */
export const currencySign = inCurrency.formatToParts(0).find((part) => part.type === "currency").value;

const GROUPED = /^\d{1,3}(,\d{3})+(\.\d*)?$/;
const UNGROUPED = /^\d*(\.\d*)?$/;

/** Reads what a person typed. Returns {cents} or {error}; a third decimal is refused, never rounded. */
export function parseMoney(text) {
  const typed = text.trim().replace(new RegExp(`^\\${currencySign}\\s*`), "");
  if (typed === "") return { error: "Enter an amount." };
  if (typed.startsWith("-") || typed.startsWith("−")) return { error: "The amount must be more than zero." };
  if (!/\d/.test(typed) || !(GROUPED.test(typed) || UNGROUPED.test(typed))) {
    return { error: "Write an amount such as 1,250.50." };
  }
  const [whole, decimals = ""] = typed.replaceAll(",", "").split(".");
  if (decimals.length > 2) return { error: "Use at most two decimals." };
  if (whole.length > 12) return { error: "That is more than can be moved at once." };
  return { cents: Number(whole || "0") * 100 + Number(decimals.padEnd(2, "0")) };
}

/** Reads a rate in percent a year. Returns {rate} as sent to the platform, or {error}. */
export function parseRate(text) {
  const typed = text.trim().replace(/\s*%$/, "");
  if (typed === "") return { error: "Enter a rate." };
  if (!/^\d{1,3}(\.\d*)?$/.test(typed)) return { error: "Write a rate in percent, such as 12 or 9.75." };
  const [whole, decimals = ""] = typed.split(".");
  if (decimals.length > 2) return { error: "Use at most two decimals." };
  return { rate: `${Number(whole)}.${decimals.padEnd(2, "0")}` };
}

/** Integer cents of an amount on the wire, such as "-3.75". */
export function cents(amount) {
  const [whole, decimals = ""] = String(amount).split(".");
  const size = Number(whole.replace("-", "")) * 100 + Number(decimals.padEnd(2, "0"));
  return whole.startsWith("-") ? -size : size;
}

/** An amount on the wire for integer cents: 125050 is "1250.50". */
export function wire(amountCents) {
  const size = Math.abs(amountCents);
  const text = `${Math.floor(size / 100)}.${String(size % 100).padStart(2, "0")}`;
  return amountCents < 0 ? `-${text}` : text;
}

/** "$1,250.50" from the wire's "1250.50"; a minus is the typographic one. */
export function money(amount) {
  return inCurrency.format(amount).replace("-", "−");
}

/** "1,250.50", as a money field shows it when it is left. */
export function plainMoney(amount) {
  return plain.format(amount);
}

/** "+$5.00" or "−$5.00": the direction is never told by colour alone. */
export function signedMoney(amount) {
  return cents(amount) > 0 ? `+${money(amount)}` : money(amount);
}

/** "12.00 %" from "12.00". */
export function percent(rate) {
  return `${plain.format(rate)} %`;
}

/** What is left to pay of an instalment, in integer cents. */
export function leftOf(instalment) {
  return cents(instalment.amount) - cents(instalment.paid_amount);
}

/** A short amount for an axis: "$1.5k". */
export function roughMoney(amountCents) {
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  return `${currencySign}${short.format(amountCents / 100)}`;
}
