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
import { formatCents, formatMoney, formatPercent, sumOf, toCents } from "./money.js";
import { get, post } from "./api.js";
import { acceptance, neededCents, Selection } from "./offer-acceptance.js";
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

const MAX_SELECTED = 20;

export default function Offers({ user, params: { id } }) {
  const page = useLoad((signal) => load(id, signal), [id]);
  const [notice, setNotice] = useState(null);
  const [selected, setSelected] = useState([]);
  const confirmation = useConfirmation(user);
  const accept = (loan, offers, chosen) =>
    confirmation.open(
      acceptance({
        loan,
        offers,
        chosen,
        onRefused: page.reload,
        onDone: (data, message) => {
          const isCovered = data?.status === "PENDING_FUNDING";
          setNotice(isCovered ? "The full amount is covered. The lenders can now fund your loan." : message);
          setSelected([]);
          page.reload();
        },
      }),
    );
  const toggle = (offer) =>
    setSelected((old) => (old.includes(offer.id) ? old.filter((each) => each !== offer.id) : [...old, offer.id]));
  return html`<p><a class="back" href=${`#/loans/${id}`}>Back to loan</a></p><h1>Offers</h1>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${LoadedContent} state=${page}>${({ loan, offers, quotes }) => {
      if (offers.length === 0) {
        return html`<${Card}><${EmptyState} icon="hourglass" title="No offers yet.">
          <a class="button" href=${`#/loans/${id}`}>View loan</a><//><//>`;
      }
      const chosen = offers.filter((offer) => !offer.accepted && selected.includes(offer.id));
      const isCovered = sumOf(chosen, "amount") >= neededCents(loan);
      return html`<div class="stack"><${AcceptedAmount} loan=${loan} />
        ${
          chosen.length > 0 &&
          html`<${Selection} ...${{ loan, offers, chosen }} onAccept=${() => accept(loan, offers, chosen)}
            onClear=${() => setSelected([])} />`
        }
        <div class="grid thirds">${offers.map(
          (offer) => html`<${Offer} key=${offer.id} ...${{ loan, offer, toggle }}
          isCheapest=${offer === cheapest(offers)} isSelected=${chosen.includes(offer)}
          isSelectable=${chosen.includes(offer) || (!isCovered && chosen.length < MAX_SELECTED)}
          accept=${() => accept(loan, offers, [offer])} />`,
        )}</div>
        <${CostComparison} offers=${offers} quotes=${quotes} /><${AprNote} /></div>`;
    }}<//>${confirmation.element}`;
}

function cheapest(offers) {
  const open = offers.filter((offer) => !offer.accepted);
  return open.reduce(
    (best, offer) => (Number(offer.annual_interest_rate) < Number(best.annual_interest_rate) ? offer : best),
    open[0],
  );
}

function AcceptedAmount({ loan }) {
  const needed = neededCents(loan);
  return html`<${Card}><p>${
    needed > 0
      ? html`<strong class="tnum">${formatMoney(loan.accepted_amount)}</strong> of ${formatMoney(loan.amount)} accepted.
        ${" "}<strong class="tnum">${formatCents(needed)}</strong> still needed.`
      : `You have accepted offers for the full ${formatMoney(loan.amount)} at ` +
        `${formatPercent(loan.annual_interest_rate)}.`
  }</p><//>`;
}

const BACKED = {
  true: ["COMPLETED", "Money available"],
  false: ["PENDING_FUNDING", "Money not available yet"],
};

function Offer({ loan, offer, isCheapest, isSelected, isSelectable, toggle, accept }) {
  const isOpen = loan.status === "REQUESTED" && !offer.accepted;
  const isFullAmount = toCents(offer.amount) >= toCents(loan.amount);
  const amount = offer.accepted ? offer.accepted_amount : offer.amount;
  const [backing, backingLabel] = BACKED[offer.backed] ?? [];
  return html`<${Card} title=${formatPercent(offer.annual_interest_rate)} aside=${
    isCheapest &&
    html`<${Status}
    value="COMPLETED" label="Cheapest" />`
  }>
    <${DescriptionList} items=${[
      ["Lender", offer.lender_username],
      ["Amount", `${formatMoney(amount)}${isFullAmount ? " (full)" : ""}`],
      offer.monthly_payment && ["Monthly payment for this part", formatMoney(offer.monthly_payment)],
      offer.total_interest && ["Interest for this part", formatMoney(offer.total_interest)],
    ]} />
    ${backing && !offer.funded && html`<p><${Status} value=${backing} label=${backingLabel} /></p>`}
    ${offer.accepted && html`<p><${Status} value="COMPLETED" label=${offer.funded ? "Funded" : "Accepted"} /></p>`}
    ${
      isOpen &&
      html`<label class=${`choice ${isSelectable ? "" : "off"}`}><input type="checkbox" checked=${isSelected}
        disabled=${!isSelectable} onChange=${() => toggle(offer)} /><span>Select this offer</span></label>
      <${Button} kind=${`wide ${isCheapest ? "primary" : ""}`} onClick=${accept}>
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
