/* The home page of lenders: account value, overdue loans, loans to fund, return, expected payments, pending offers. */

import { Card, DescriptionList, EmptyState, html, LoadedContent, Notice, pluralise } from "./ui.js";
import { RestrictedNotice, useLoad } from "./ui.js";
import { accountValueCents, formatReturn } from "./portfolio.js";
import { formatCents, formatMoney, formatPercent, toCents } from "./money.js";
import { get } from "./api.js";

async function load(signal) {
  const [portfolio, offers, wallet] = await Promise.all([
    get("api/loans/investments/", { limit: 1 }, signal),
    get("api/loans/my-offers/", { limit: 50 }, signal),
    get("api/wallets/", null, signal),
  ]);
  return { ...portfolio, offers: offers.items, wallet };
}

export default function LenderHome({ user }) {
  const page = useLoad(load);
  return html`<h1>Hello${user.first_name ? `, ${user.first_name}` : ""}</h1>
    <${LoadedContent} state=${page}>${({ totals, xirr, offers, wallet }) => html`<div class="stack">
      ${
        toCents(wallet.receivable) > 0 &&
        html`<${RestrictedNotice} amount=${formatMoney(wallet.receivable)}><p><a href="#/wallet">See how to clear
        it</a></p><//>`
      }
      <${AccountValue} totals=${totals} />
      ${
        totals.late_loans > 0 &&
        html`<${Notice} kind="bad" title=${`${pluralise(totals.late_loans, "loan")} overdue · ${formatMoney(
          totals.late_amount,
        )} past due`}><p><a href="#/portfolio?status=OVERDUE">View overdue loans</a></p><//>`
      }
      <${LoansToFund}
        offers=${offers.filter((offer) => offer.accepted && offer.loan?.status === "PENDING_FUNDING")} />
      <div class="grid tiles">
        <div class="tile"><p class="term">Annualised return (XIRR)</p><p class="figure m">${formatReturn(xirr)}</p>
          <a class="small" href="#/portfolio">View breakdown</a></div>
        <div class="tile"><p class="term">Expected in the next 30 days</p><p
          class="figure m in">+${formatMoney(totals.expected_30_days)}</p>
          <a class="small" href="#/portfolio">View forecast</a></div>
        <div class="tile"><p class="term">Interest received</p><p
          class="figure m">${formatMoney(totals.received_interest)}</p>
          <a class="small" href="#/wallet?type=LOAN_PAYMENT">View payments</a></div></div>
      <${PendingOffers} offers=${offers.filter((offer) => !offer.accepted)} />
      ${
        totals.positions === 0 &&
        offers.length === 0 &&
        html`<${Card}><${EmptyState} icon="store" title=${
          toCents(totals.idle) > 0 ? "Browse loans and make your first offer." : "Make a deposit to start lending."
        } /><//>`
      }</div>`}<//>`;
}

function AccountValue({ totals }) {
  return html`<${Card} kind="hero"><p class="muted">Account value</p>
    <p class="figure">${formatCents(accountValueCents(totals))}</p>
    <${DescriptionList} items=${[
      ["Available cash", formatMoney(totals.idle)],
      ["Outstanding principal", formatMoney(totals.outstanding)],
      toCents(totals.held) > 0 && ["Reserved", formatMoney(totals.held)],
    ]} />
    <p class="actions"><a class="button primary" href="#/market">Browse open loans</a><a class="button"
      href="#/wallet">Deposit</a></p><//>`;
}

function LoansToFund({ offers }) {
  return offers.map(
    (offer) => html`<${Notice} key=${offer.id} kind="warn"
    title=${`${offer.loan.borrower_username}’s loan is ready for your ${formatMoney(offer.accepted_amount)}.`}>
    <p class="actions"><a class="button primary" href=${`#/market/${offer.loan_id}`}>Fund loan</a></p><//>`,
  );
}

function PendingOffers({ offers }) {
  return (
    offers.length > 0 &&
    html`<${Card} title="Pending offers"><ul>${offers.map(
      (offer) => html`<li class="rows" key=${offer.id}>
    <div><a href=${`#/market/${offer.loan_id}`}>${`${formatMoney(offer.amount)} at ${formatPercent(
      offer.annual_interest_rate,
    )}`}</a>
      <span class="muted">to ${offer.loan?.borrower_username}</span></div></li>`,
    )}</ul><//>`
  );
}
