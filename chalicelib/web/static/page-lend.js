/* A lender's start: what it is all worth, what it earns, what comes next, what is late. */

import { Card, Empty, Facts, html, Loaded, Notice, useLoad } from "./ui.js";
import { loadPortfolio, returnText } from "./portfolio.js";
import { money, percent, wire } from "./money.js";
import { get } from "./api.js";

async function load(signal) {
  const [portfolio, offers] = await Promise.all([
    loadPortfolio(signal),
    get("api/loans/my-offers/", { limit: 50 }, signal),
  ]);
  return { portfolio, offers: offers.items };
}

export default function Lend({ user }) {
  const page = useLoad(load);
  return html`<h1>Hello${user.first_name ? `, ${user.first_name}` : ""}</h1>
    <${Loaded} of=${page}>${({ portfolio, offers }) => html`<div class="stack">
      <${Card} kind="hero"><p class="muted">All your money here</p><p class="figure">${money(wire(portfolio.worth))}</p>
        <${Facts} of=${[
          ["Idle in the wallet", money(wire(portfolio.idle))],
          ["Lent and not back yet", money(wire(portfolio.lent))],
          portfolio.held > 0 && ["Held for offers", money(wire(portfolio.held))],
        ]} />
        <p class="actions"><a class="button primary" href="#/market">Browse open loans</a><a class="button" href="#/wallet">Deposit</a></p><//>
      ${
        portfolio.late.length > 0 &&
        html`<${Notice} kind="bad" title=${
          portfolio.late.length === 1 ? "1 loan pays late." : `${portfolio.late.length} loans pay late.`
        }>
        <p><a href="#/portfolio?status=OVERDUE">Show them</a></p><//>`
      }
      <${ToFund} offers=${offers.filter((offer) => offer.accepted && offer.loan?.status === "PENDING_FUNDING")} />
      <div class="grid thirds">
        <div class="tile"><p class="term">Return a year (XIRR)</p><p class="figure m">${returnText(portfolio.xirr)}</p>
          <a class="small" href="#/portfolio">How it comes about</a></div>
        <div class="tile"><p class="term">Expected within 30 days</p><p class="figure m in">+${money(wire(portfolio.soon))}</p>
          <a class="small" href="#/portfolio">Forecast</a></div>
        <div class="tile"><p class="term">Interest received</p><p class="figure m">${money(portfolio.totals.received_interest)}</p>
          <a class="small" href="#/wallet?type=LOAN_PAYMENT">See the payments</a></div></div>
      <${Offers} offers=${offers.filter((offer) => !offer.accepted)} />
      ${
        portfolio.positions.length === 0 &&
        offers.length === 0 &&
        html`<${Card}><${Empty} icon="store"
        title="Deposit, then browse loans." /><//>`
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
