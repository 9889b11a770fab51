/* The offers on a borrower's loan side by side, each with what the loan would cost at its rate. */

import { Button, Card, Empty, Facts, html, Loaded, Notice, Status, useLoad, useState } from "./ui.js";
import { Chart, Rows } from "./chart-bars.js";
import { cents, money, percent, wire } from "./money.js";
import { get, post } from "./api.js";
import { useConfirm } from "./dialog.js";
import { AprNote } from "./quote.js";

async function load(id, signal) {
  const [loan, offers] = await Promise.all([
    get(`api/loans/${id}/`, null, signal),
    get(`api/loans/${id}/offers/`, { limit: 100 }, signal),
  ]);
  const rates = [...new Set(offers.items.map((offer) => offer.annual_interest_rate))];
  const quotes = await Promise.all(
    rates.map((rate) =>
      post(
        "api/loans/quote/",
        {
          amount: loan.amount,
          term_months: loan.term_months,
          annual_interest_rate: rate,
          method: loan.method,
        },
        { open: true, signal },
      ),
    ),
  );
  return { loan, offers: offers.items, quotes: new Map(rates.map((rate, at) => [rate, quotes[at]])) };
}

export default function Offers({ user, params: { id } }) {
  const page = useLoad((signal) => load(id, signal), [id]);
  const [said, setSaid] = useState(null);
  const confirm = useConfirm(user);
  const accept = (loan, offer, quote) =>
    confirm.ask({
      slot: `accept:${offer.id}`,
      label: `Accept ${percent(offer.annual_interest_rate)}`,
      busyText: "Accepting…",
      path: `api/loans/${loan.id}/accept-offer/`,
      body: { offer_id: offer.id },
      facts: [
        ["From", offer.lender_username],
        ["Part", money(wire(taken(loan, offer)))],
        ["Each month, if all ran at this rate", money(quote.instalment)],
        ["To pay back in all", money(quote.total_amount)],
      ],
      note: "All lenders get the highest rate among the accepted offers once the amount is covered.",
      onDone: (data) => (
        setSaid(
          data?.status === "PENDING_FUNDING"
            ? "The amount is covered. The lenders pay in now."
            : "The offer is accepted.",
        ),
        page.reload()
      ),
    });
  return html`<p><a class="back" href=${`#/loans/${id}`}>The loan</a></p><h1>Offers</h1>
    ${said && html`<${Notice} kind="good" title=${said} />`}
    <${Loaded} of=${page}>${({ loan, offers, quotes }) =>
      offers.length === 0
        ? html`<${Card}><${Empty} icon="hourglass" title="No offers yet; you can cancel.">
          <a class="button" href=${`#/loans/${id}`}>Back to the loan</a><//><//>`
        : html`<div class="stack"><${Coverage} loan=${loan} />
          <div class="grid thirds">${offers.map(
            (offer) => html`<${Offer} key=${offer.id} ...${{ loan, offer, accept }}
            quote=${quotes.get(offer.annual_interest_rate)} isCheapest=${offer === cheapest(offers)} />`,
          )}</div>
          <${Compared} offers=${offers} quotes=${quotes} /><${AprNote} /></div>`}<//>${confirm.element}`;
}

/** What would be taken of an offer: the last one covers only what remains. */
function taken(loan, offer) {
  return Math.min(cents(offer.amount), cents(loan.amount) - cents(loan.accepted_amount));
}

function cheapest(offers) {
  const open = offers.filter((offer) => !offer.accepted);
  return open.reduce(
    (best, offer) => (Number(offer.annual_interest_rate) < Number(best.annual_interest_rate) ? offer : best),
    open[0],
  );
}

function Coverage({ loan }) {
  const left = cents(loan.amount) - cents(loan.accepted_amount);
  return html`<${Card}><p>${
    left > 0
      ? html`<strong class="tnum">${money(loan.accepted_amount)}</strong> of ${money(loan.amount)} is covered;
        ${" "}<strong class="tnum">${money(wire(left))}</strong> is still needed.`
      : html`All of ${money(loan.amount)} is covered, at ${percent(loan.annual_interest_rate)} for everyone.`
  }</p><//>`;
}

function Offer({ loan, offer, quote, isCheapest, accept }) {
  const isOpen = loan.status === "REQUESTED" && !offer.accepted;
  return html`<${Card} title=${percent(offer.annual_interest_rate)} aside=${isCheapest && html`<${Status}
    of="COMPLETED" word="Cheapest" />`}>
    <${Facts} of=${[
      ["From", offer.lender_username],
      ["Part", `${money(offer.amount)}${cents(offer.amount) >= cents(loan.amount) ? " (all)" : ""}`],
      ["Each month", money(quote.instalment)],
      ["In all", money(quote.total_amount)],
      quote.apr && ["APR", percent(quote.apr)],
    ]} />
    ${offer.accepted && html`<p><${Status} of="COMPLETED" word=${offer.funded ? "Paid in" : "Accepted"} /></p>`}
    ${
      isOpen &&
      html`<${Button} kind=${`wide ${isCheapest ? "primary" : ""}`} onClick=${() => accept(loan, offer, quote)}>
      Accept ${percent(offer.annual_interest_rate)}<//>`
    }<//>`;
}

function Compared({ offers, quotes }) {
  const rates = [...quotes.entries()].sort(([, one], [, other]) => cents(one.total_amount) - cents(other.total_amount));
  if (rates.length < 2) return null;
  const gap = cents(rates.at(-1)[1].total_amount) - cents(rates[0][1].total_amount);
  const finding = `Between the cheapest and the dearest offer lie ${money(wire(gap))}.`;
  return html`<${Card} title="Total cost compared"><${Chart} finding=${finding}>
    <${Rows} label=${`What the whole loan would cost at each rate. ${finding}`} rows=${rates.map(([rate, quote]) => ({
      label: `${percent(rate)} · ${offers
        .filter((offer) => offer.annual_interest_rate === rate)
        .map((offer) => offer.lender_username)
        .join(", ")}`,
      size: cents(quote.total_amount),
      text: money(quote.total_amount),
    }))} /><//><//>`;
}
