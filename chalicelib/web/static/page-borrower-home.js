/* The home page of borrowers: payments due, overdue ones first, then loan requests and active loans. */

import { Card, EmptyState, html, LoadedContent, Notice, pluralise, RestrictedNotice, Status } from "./ui.js";
import { useLoad, useState } from "./ui.js";
import { formatCents, formatMoney, formatPercent, remainingAmount, sumOf, toCents } from "./money.js";
import { isOverdue, PaymentDue } from "./payment-due.js";
import { daysUntil } from "./dates.js";
import { get } from "./api.js";

const OPEN_STATUSES = ["REQUESTED", "PENDING_FUNDING"];
const OWED_STATUSES = ["FUNDED", "DEFAULTED"];
const MAX_OFFER_COUNTS = 5; // requests for which the offers are counted, since the list of loans does not include them

async function load(signal) {
  const [pending, loans, wallet] = await Promise.all([
    get("api/loans/pending-payments/", { limit: 100 }, signal),
    get("api/loans/my-loans/", { limit: 100 }, signal),
    get("api/wallets/", null, signal),
  ]);
  const requests = loans.items.filter((loan) => loan.status === "REQUESTED").slice(0, MAX_OFFER_COUNTS);
  const offers = await Promise.all(requests.map((loan) => get(`api/loans/${loan.id}/offers/`, { limit: 100 }, signal)));
  const offerCounts = new Map(
    requests.map((loan, index) => [loan.id, offers[index].items.filter((offer) => !offer.accepted).length]),
  );
  const defaulted = new Set(loans.items.filter((loan) => loan.status === "DEFAULTED").map((loan) => loan.id));
  return {
    pending: pending.items.filter((instalment) => !defaulted.has(instalment.loan_id)),
    loans: loans.items,
    wallet,
    offerCounts,
  };
}

export default function BorrowerHome({ user }) {
  const home = useLoad(load);
  const [notice, setNotice] = useState(null);
  const [payment, setPayment] = useState(null);
  const pay = async (instalment) =>
    setPayment({ instalment, PayInstalment: (await import("./pay-instalment.js")).default });
  return html`<h1>Hello${user.first_name ? `, ${user.first_name}` : ""}</h1>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${LoadedContent} state=${home}>${({ pending, loans, wallet, offerCounts }) => {
      const active = loans.filter((loan) => loan.status === "FUNDED");
      const owed = loans.filter((loan) => OWED_STATUSES.includes(loan.status));
      const dueSoon = pending.filter((instalment) => daysUntil(instalment.due_date) <= 30);
      const dueSoonCents = dueSoon.reduce((sum, instalment) => sum + remainingAmount(instalment), 0);
      return html`<div class="stack">
        ${
          toCents(wallet.receivable) > 0 &&
          html`<${RestrictedNotice} amount=${formatMoney(wallet.receivable)}><p><a href="#/wallet">See how to clear
          it</a></p><//>`
        }
        <${Defaults} loans=${loans} />
        <${PaymentsDue} pending=${pending} pay=${pay} loans=${loans} />
        <div class="grid tiles"><${Tile} term="Available balance" value=${formatMoney(wallet.available)} href="#/wallet"
          label="Open wallet" />
          <${Tile} term="Remaining to pay" value=${formatCents(sumOf(owed, "remaining_amount"))} href="#/loans"
            label="View my loans" />
          <${Tile} term="Due in the next 30 days" value=${formatCents(dueSoonCents)} href="#/wallet"
            label="Add money" /></div>
        <${LoanRequests} offerCounts=${offerCounts}
          loans=${loans.filter((loan) => OPEN_STATUSES.includes(loan.status))} />
        <${ActiveLoans} loans=${active} /></div>
      ${
        payment &&
        html`<${payment.PayInstalment} ...${{ user, wallet }} instalment=${payment.instalment}
          onClose=${() => setPayment(null)} onStale=${home.reload}
          onPaid=${(message) => (setNotice(message), home.reload())} />`
      }`;
    }}<//>`;
}

function Tile({ term, value, href, label }) {
  return html`<div class="tile"><p class="term">${term}</p><p class="figure m">${value}</p><a class="small"
    href=${href}>${label}</a></div>`;
}

function Defaults({ loans }) {
  return loans
    .filter((loan) => loan.status === "DEFAULTED")
    .map(
      (loan) => html`<${Notice} key=${loan.id} kind="bad"
      title=${`Your loan of ${formatMoney(loan.amount)} is in default. ${formatMoney(loan.remaining_amount)} is due.`}>
      <p class="actions"><a class="button primary" href=${`#/loans/${loan.id}`}>View what you owe</a></p><//>`,
    );
}

function PaymentsDue({ pending, pay, loans }) {
  const overdue = pending.filter(isOverdue);
  const next = pending.find((instalment) => !overdue.includes(instalment));
  if (pending.length === 0 && loans.some((loan) => loan.status === "DEFAULTED")) return null;
  if (pending.length === 0) {
    return html`<${Card}><${EmptyState} icon="circle-check" title="No payments due.">
      <a class="button primary" href="#/request">Request a loan</a>
      ${loans.length > 0 && html`<a class="button" href="#/loans">My loans</a>`}<//><//>`;
  }
  const card = (instalment, isLate) => html`<${PaymentDue} key=${instalment.loan_id + instalment.number}
    ...${{ instalment, isLate }} title="Your next payment" onPay=${() => pay(instalment)}>
    <p><a href=${`#/loans/${instalment.loan_id}`}>View loan</a> · instalment ${instalment.number}</p><//>`;
  return html`${overdue.map((instalment) => card(instalment, true))}${next && card(next, false)}`;
}

function offersText(count) {
  if (count === undefined) return "View offers";
  return count === 0 ? "No offers yet" : `${pluralise(count, "offer")} to review`;
}

function LoanRequests({ loans, offerCounts }) {
  return (
    loans.length > 0 &&
    html`<${Card} title="Loan requests"><ul>${loans.map(
      (loan) => html`<li key=${loan.id} class="rows"><div><span><a
      href=${`#/loans/${loan.id}`}>${`${formatMoney(loan.amount)} for ${pluralise(loan.term_months, "month")}`}</a>
      ${" "}<${Status} value=${loan.status} /></span>
      ${
        loan.status === "REQUESTED" &&
        html`<a href=${`#/loans/${loan.id}/offers`}>${offersText(offerCounts.get(loan.id))}</a>`
      }</div></li>`,
    )}</ul><//>`
  );
}

function ActiveLoans({ loans }) {
  return (
    loans.length > 0 &&
    html`<${Card} title="Active loans"><ul>${loans.map((loan) => {
      const paidPercent = 100 - (100 * toCents(loan.remaining_amount)) / Math.max(1, toCents(loan.total_amount));
      const name = `${formatMoney(loan.amount)} at ${formatPercent(loan.annual_interest_rate)}`;
      return html`<li key=${loan.id} class="rows"><div><span><a href=${`#/loans/${loan.id}`}>${name}</a></span>
        <span class="tnum">${formatMoney(loan.remaining_amount)} remaining</span></div>
      <div class="bar" aria-hidden="true"><i style=${{ flex: `0 0 ${paidPercent}%` }}></i></div></li>`;
    })}</ul><//>`
  );
}
