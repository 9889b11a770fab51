/* A lender's start: what it is all worth, what it earns, what comes next, what is late. */

import { Card, Empty, Facts, html, Loaded, Notice, useLoad } from "./ui.js";
import { returnText, worthOf } from "./portfolio.js";
import { cents, money, percent, wire } from "./money.js";
import { get } from "./api.js";

async function load(signal) {
  const [portfolio, offers] = await Promise.all([
    get("api/loans/investments/", { limit: 1 }, signal),
    get("api/loans/my-offers/", { limit: 50 }, signal),
  ]);
  return { ...portfolio, offers: offers.items };
}

export default function Lend({ user }) {
  const page = useLoad(load);
  return html`<h1>Hello${user.first_name ? `, ${user.first_name}` : ""}</h1>
    <${Loaded} of=${page}>${({ totals, xirr, offers }) => html`<div class="stack">
      <${Card} kind="hero"><p class="muted">All your money here</p><p class="figure">${money(wire(worthOf(totals)))}</p>
        <${Facts} of=${[
          ["Idle in the wallet", money(totals.idle)],
          ["Lent and not back yet", money(totals.outstanding)],
          cents(totals.held) > 0 && ["Held for offers", money(totals.held)],
        ]} />
        <p class="actions"><a class="button primary" href="#/market">Browse open loans</a><a class="button"
          href="#/wallet">Deposit</a></p><//>
      ${
        totals.late_loans > 0 &&
        html`<${Notice} kind="bad" title=${
          totals.late_loans === 1 ? "1 loan pays late." : `${totals.late_loans} loans pay late.`
        }>
        <p>${money(totals.late_amount)} should have come. <a href="#/portfolio?status=OVERDUE">Show them</a></p><//>`
      }
      <${ToFund} offers=${offers.filter((offer) => offer.accepted && offer.loan?.status === "PENDING_FUNDING")} />
      <div class="grid tiles">
        <div class="tile"><p class="term">Return a year (XIRR)</p><p class="figure m">${returnText(xirr)}</p>
          <a class="small" href="#/portfolio">How it comes about</a></div>
        <div class="tile"><p class="term">Expected within 30 days</p><p
          class="figure m in">+${money(totals.expected_30_days)}</p>
          <a class="small" href="#/portfolio">Forecast</a></div>
        <div class="tile"><p class="term">Interest received</p><p
          class="figure m">${money(totals.received_interest)}</p>
          <a class="small" href="#/wallet?type=LOAN_PAYMENT">See the payments</a></div></div>
      <${Offers} offers=${offers.filter((offer) => !offer.accepted)} />
      ${
        totals.positions === 0 &&
        offers.length === 0 &&
        html`<${Card}><${Empty} icon="store"
        title=${cents(totals.idle) > 0 ? "Browse loans and make an offer." : "Deposit, then browse loans."} /><//>`
      }</div>`}<//>`;
}

function ToFund({ offers }) {
  return offers.map(
    (offer) => html`<${Notice} key=${offer.id} kind="warn"
    title=${`${money(offer.accepted_amount)} is to be paid in for ${offer.loan.borrower_username}’s loan.`}>
    <p class="actions"><a class="button primary" href=${`#/market/${offer.loan_id}`}>Fund it</a></p><//>`,
  );
}

function Offers({ offers }) {
  return (
    offers.length > 0 &&
    html`<${Card} title="Your offers that wait"><ul>${offers.map(
      (offer) => html`<li class="facts" key=${offer.id}>
    <div><a href=${`#/market/${offer.loan_id}`}>${money(offer.amount)} at ${percent(offer.annual_interest_rate)}</a>
      <span class="muted">to ${offer.loan?.borrower_username}</span></div></li>`,
    )}</ul><//>`
  );
}
