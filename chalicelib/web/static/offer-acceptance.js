/* Accepting one or several offers: the selection, the rate that results, and the confirmation. */

import { Button, Card, html, pluralise } from "./ui.js";
import { formatCents, formatPercent, sumOf, toCents } from "./money.js";

/** The confirmation that accepts offers. The request is refused if the rate would be higher than the one shown. */
export function acceptance({ loan, offers, chosen, onDone, onRefused }) {
  const rate = resultingRate(offers, chosen);
  const covered = coveredCents(loan, chosen);
  const isLast = covered === neededCents(loan);
  const [first] = chosen;
  const isSingle = chosen.length === 1;
  return {
    slot: `accept:${loan.id}`,
    label: isSingle ? `Accept ${formatPercent(first.annual_interest_rate)}` : `Accept ${chosen.length} offers`,
    completed: isSingle ? "Offer accepted." : `${chosen.length} offers accepted.`,
    busyText: "Accepting…",
    path: `api/loans/${loan.id}/accept-offer${isSingle ? "" : "s"}/`,
    body: { ...(isSingle ? { offer_id: first.id } : { offer_ids: chosen.map(({ id }) => id) }), max_rate: rate },
    details: [
      [isSingle ? "Lender" : "Lenders", chosen.map((offer) => offer.lender_username).join(", ")],
      ["Amount", formatCents(covered)],
      [isLast ? "Rate for the whole loan" : "Highest rate accepted so far", formatPercent(rate)],
      !isLast && ["Still needed", formatCents(neededCents(loan) - covered)],
    ],
    note: isLast
      ? `This covers the full amount. Every lender receives ${formatPercent(rate)}, the highest accepted rate.`
      : "When accepted offers cover the full amount, the highest accepted rate applies to the whole loan, " +
        "for every lender.",
    onDone,
    onRefused,
  };
}

/** The amount that the loan still needs, in integer cents. */
export function neededCents(loan) {
  return toCents(loan.amount) - toCents(loan.accepted_amount);
}

/** The amount that would be accepted, in integer cents: the last offer covers only what is still needed. */
function coveredCents(loan, chosen) {
  return Math.min(sumOf(chosen, "amount"), neededCents(loan));
}

/** The highest rate of the offers that are accepted and of those that are chosen, as the API writes it. */
function resultingRate(offers, chosen) {
  const rates = [...offers.filter((offer) => offer.accepted), ...chosen].map((offer) => offer.annual_interest_rate);
  return rates.reduce((highest, rate) => (Number(rate) > Number(highest) ? rate : highest));
}

/** The selected offers, with a button that accepts them. */
export function Selection({ loan, offers, chosen, onAccept, onClear }) {
  const covered = coveredCents(loan, chosen);
  const missing = neededCents(loan) - covered;
  return html`<${Card} kind="hero"><p><strong>${pluralise(chosen.length, "offer")} selected:</strong>
      ${" "}<strong class="tnum">${formatCents(covered)}</strong> at up to
      ${" "}${formatPercent(resultingRate(offers, chosen))}.
      ${" "}${missing > 0 ? `${formatCents(missing)} is still needed after that.` : "This covers the full amount."}</p>
    <p class="actions"><${Button} kind="primary" onClick=${onAccept}>Accept selected<//>
      <${Button} onClick=${onClear}>Clear selection<//></p><//>`;
}
