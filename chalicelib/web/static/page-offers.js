/* The offers on a borrower's loan, each with the cost of the loan at its rate. */

import {
  Button,
  Card,
  EmptyState,
  DescriptionList,
  html,
  LoadedContent,
  Notice,
  Status,
  useLoad,
  useState,
} from "./ui.js";
import { BarChart, Chart } from "./charts.js";
import { formatCents, formatMoney, formatPercent, toCents } from "./money.js";
import { get, post } from "./api.js";
import { useConfirmation } from "./dialog.js";
import { AprNote } from "./quote.js";

async function load(id, signal) {
  const [loan, offers] = await Promise.all([
    get(`api/loans/${id}/`, null, signal),
    get(`api/loans/${id}/offers/`, { limit: 100 }, signal),
  ]);
  const rates = [...new Set(offers.items.map((offer) => offer.annual_interest_rate))];
  const { amount, term_months: months, method } = loan;
  const terms = (rate) => ({ amount, term_months: months, annual_interest_rate: rate, method });
  const quotes = await Promise.all(
    rates.map((rate) => post("api/loans/quote/", terms(rate), { isPublic: true, signal })),
  );
  return { loan, offers: offers.items, quotes: new Map(rates.map((rate, index) => [rate, quotes[index]])) };
}

export default function Offers({ user, params: { id } }) {
  const page = useLoad((signal) => load(id, signal), [id]);
  const [notice, setNotice] = useState(null);
  const confirmation = useConfirmation(user);
  const accept = (loan, offer, quote) =>
    confirmation.open({
      slot: `accept:${offer.id}`,
      label: `Accept ${formatPercent(offer.annual_interest_rate)}`,
      completed: "Offer accepted.",
      busyText: "Accepting…",
      path: `api/loans/${loan.id}/accept-offer/`,
      body: { offer_id: offer.id },
      details: [
        ["Lender", offer.lender_username],
        ["Amount", formatCents(acceptableCents(loan, offer))],
        ["Monthly payment at this rate", formatMoney(quote.instalment)],
        ["Total repayment at this rate", formatMoney(quote.total_amount)],
      ],
      note:
        "When accepted offers cover the full amount, the highest accepted rate applies to the whole loan, " +
        "for every lender.",
      onDone: (data, message) => {
        const isCovered = data?.status === "PENDING_FUNDING";
        setNotice(isCovered ? "The full amount is covered. The lenders can now fund your loan." : message);
        page.reload();
      },
    });
  return html`<p><a class="back" href=${`#/loans/${id}`}>Back to loan</a></p><h1>Offers</h1>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${LoadedContent} state=${page}>${({ loan, offers, quotes }) =>
      offers.length === 0
        ? html`<${Card}><${EmptyState} icon="hourglass" title="No offers yet.">
          <a class="button" href=${`#/loans/${id}`}>View loan</a><//><//>`
        : html`<div class="stack"><${AcceptedAmount} loan=${loan} />
          <div class="grid thirds">${offers.map(
            (offer) => html`<${Offer} key=${offer.id} ...${{ loan, offer, accept }}
            quote=${quotes.get(offer.annual_interest_rate)} isCheapest=${offer === cheapest(offers)} />`,
          )}</div>
          <${CostComparison} offers=${offers} quotes=${quotes} /><${AprNote} /></div>`}<//>${confirmation.element}`;
}

/** The amount that would be accepted, in integer cents: the last offer covers only what is still needed. */
function acceptableCents(loan, offer) {
  return Math.min(toCents(offer.amount), toCents(loan.amount) - toCents(loan.accepted_amount));
}

function cheapest(offers) {
  const open = offers.filter((offer) => !offer.accepted);
  return open.reduce(
    (best, offer) => (Number(offer.annual_interest_rate) < Number(best.annual_interest_rate) ? offer : best),
    open[0],
  );
}

function AcceptedAmount({ loan }) {
  const needed = toCents(loan.amount) - toCents(loan.accepted_amount);
  return html`<${Card}><p>${
    needed > 0
      ? html`<strong class="tnum">${formatMoney(loan.accepted_amount)}</strong> of ${formatMoney(loan.amount)} accepted.
        ${" "}<strong class="tnum">${formatCents(needed)}</strong> still needed.`
      : `You have accepted offers for the full ${formatMoney(loan.amount)} at ` +
        `${formatPercent(loan.annual_interest_rate)}.`
  }</p><//>`;
}

function Offer({ loan, offer, quote, isCheapest, accept }) {
  const isOpen = loan.status === "REQUESTED" && !offer.accepted;
  const isFullAmount = toCents(offer.amount) >= toCents(loan.amount);
  return html`<${Card} title=${formatPercent(offer.annual_interest_rate)} aside=${
    isCheapest &&
    html`<${Status}
    value="COMPLETED" label="Cheapest" />`
  }>
    <${DescriptionList} items=${[
      ["Lender", offer.lender_username],
      ["Amount", `${formatMoney(offer.amount)}${isFullAmount ? " (full)" : ""}`],
      ["Monthly payment", formatMoney(quote.instalment)],
      ["Total repayment", formatMoney(quote.total_amount)],
      quote.apr && ["APR", formatPercent(quote.apr)],
    ]} />
    ${offer.accepted && html`<p><${Status} value="COMPLETED" label=${offer.funded ? "Funded" : "Accepted"} /></p>`}
    ${
      isOpen &&
      html`<${Button} kind=${`wide ${isCheapest ? "primary" : ""}`} onClick=${() => accept(loan, offer, quote)}>
      Accept ${formatPercent(offer.annual_interest_rate)}<//>`
    }<//>`;
}

function CostComparison({ offers, quotes }) {
  const cost = ([, quote]) => toCents(quote.total_amount);
  const rates = [...quotes.entries()].sort((first, second) => cost(first) - cost(second));
  if (rates.length < 2) return null;
  const saving = formatCents(cost(rates.at(-1)) - cost(rates[0]));
  const finding = `The cheapest offer saves ${saving} compared with the most expensive.`;
  const lenders = (rate) =>
    offers.filter((offer) => offer.annual_interest_rate === rate).map((offer) => offer.lender_username);
  return html`<${Card} title="Total cost compared"><${Chart} finding=${finding}>
    <${BarChart} label=${`Total cost of the whole loan at each rate. ${finding}`} rows=${rates.map(([rate, quote]) => ({
      label: `${formatPercent(rate)} · ${lenders(rate).join(", ")}`,
      size: toCents(quote.total_amount),
      text: formatMoney(quote.total_amount),
    }))} /><//><//>`;
}
