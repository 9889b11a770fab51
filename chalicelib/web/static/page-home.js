/* A borrower's start: what is owed and when, overdue before all else. */

import { Button, Card, counted, Empty, html, Icon, Loaded, Notice, Status, useLoad, useState } from "./ui.js";
import { cents, leftOf, money, percent, wire } from "./money.js";
import { dayText, daysUntil, distanceText } from "./dates.js";
import { get } from "./api.js";

const OPEN = ["REQUESTED", "PENDING_FUNDING"];
const MOST_ASKED = 5; // requests whose offers are counted: a list does not carry them

async function load(signal) {
  const [pending, loans, wallet] = await Promise.all([
    get("api/loans/pending-payments/", { limit: 100 }, signal),
    get("api/loans/my-loans/", { limit: 100 }, signal),
    get("api/wallets/", null, signal),
  ]);
  const open = loans.items.filter((loan) => loan.status === "REQUESTED").slice(0, MOST_ASKED);
  const offers = await Promise.all(open.map((loan) => get(`api/loans/${loan.id}/offers/`, { limit: 100 }, signal)));
  const waiting = new Map(
    open.map((loan, at) => [loan.id, offers[at].items.filter((offer) => !offer.accepted).length]),
  );
  return { pending: pending.items, loans: loans.items, wallet, waiting };
}

export default function Home({ user }) {
  const home = useLoad(load);
  const [paid, setPaid] = useState(null);
  const [paying, setPaying] = useState(null);
  const pay = async (row) => setPaying({ row, PayNow: (await import("./pay-now.js")).default });
  return html`<h1>Hello${user.first_name ? `, ${user.first_name}` : ""}</h1>
    ${paid && html`<${Notice} kind="good" title=${paid} />`}
    <${Loaded} of=${home}>${({ pending, loans, wallet, waiting }) => html`<div class="stack">
        <${Owed} pending=${pending} pay=${pay} loans=${loans} />
        <div class="grid tiles"><${Tile} term="In the wallet" value=${money(wallet.available)} way="#/wallet"
          word="Open the wallet" />
          <${Tile} term="Left to pay in all" value=${money(wire(owed(loans)))} way="#/loans" word="See my loans" />
          <${Tile} term="Next 30 days" value=${money(wire(dueSoon(pending)))} way="#/wallet" word="Top up" /></div>
        <${Waiting} waiting=${waiting} loans=${loans.filter((loan) => OPEN.includes(loan.status))} />
        <${Active} loans=${loans.filter((loan) => loan.status === "FUNDED")} /></div>
      ${
        paying &&
        html`<${paying.PayNow} ...${{ user, wallet }} row=${paying.row} onClose=${() => setPaying(null)}
          onStale=${home.reload}
        onDone=${() => (setPaid(`Paid ${money(wire(leftOf(paying.row)))}. It counted once.`), home.reload())} />`
      }`}<//>`;
}

function owed(loans) {
  return loans.filter(({ status }) => status === "FUNDED").reduce((sum, loan) => sum + cents(loan.remaining_amount), 0);
}

function dueSoon(pending) {
  return pending.filter((row) => daysUntil(row.due_date) <= 30).reduce((sum, row) => sum + leftOf(row), 0);
}

function Tile({ term, value, way, word }) {
  return html`<div class="tile"><p class="term">${term}</p><p class="figure m">${value}</p><a class="small"
    href=${way}>${word}</a></div>`;
}

function Owed({ pending, pay, loans }) {
  const overdue = pending.filter((row) => row.status === "OVERDUE" || daysUntil(row.due_date) < 0);
  const next = pending.find((row) => !overdue.includes(row));
  if (pending.length === 0) {
    return html`<${Card}><${Empty} icon="circle-check" title="You owe nothing.">
      <a class="button primary" href="#/request">Request a loan</a>
      ${loans.length > 0 && html`<a class="button" href="#/loans">My loans</a>`}<//><//>`;
  }
  return html`${overdue.map((row) => html`<${Due} key=${row.loan_id + row.number} row=${row} pay=${pay}
    isLate=${true} />`)}
    ${next && html`<${Due} row=${next} pay=${pay} />`}`;
}

function Due({ row, pay, isLate }) {
  return html`<${Card} kind=${isLate ? "alarm" : "hero"}>
    <div class="title"><div class="stack-s"><p class="muted">${isLate ? html`<${Status}
      of="OVERDUE" />` : "Your next payment"}</p>
      <p class="figure">${money(wire(leftOf(row)))}</p>
      <p>${isLate ? "was due" : "due"} ${dayText(row.due_date)} <span
        class="muted">· ${distanceText(row.due_date)}</span></p>
      <p><a href=${`#/loans/${row.loan_id}`}>Instalment ${row.number} of the loan</a></p></div>
    <${Button} kind="primary" icon="wallet" onClick=${() => pay(row)}>Pay ${money(wire(leftOf(row)))}<//></div><//>`;
}

function waitingText(offers) {
  if (offers === undefined) return "Offers";
  return offers === 0 ? "No new offers" : counted(offers, "offer waits", "offers wait");
}

function Waiting({ loans, waiting }) {
  return (
    loans.length > 0 &&
    html`<${Card} title="Waiting for money"><ul>${loans.map((loan) => {
      const offers = waiting.get(loan.id);
      return html`<li key=${loan.id} class="facts"><div><span><a href=${`#/loans/${loan.id}`}>${money(loan.amount)} for
      ${" "}${loan.term_months} months</a> <${Status} of=${loan.status} /></span>
      ${
        loan.status === "REQUESTED" &&
        html`<a href=${`#/loans/${loan.id}/offers`}><${Icon} name="bell" />
        ${waitingText(offers)}</a>`
      }</div></li>`;
    })}</ul><//>`
  );
}

function Active({ loans }) {
  return (
    loans.length > 0 &&
    html`<${Card} title="Loans you are paying"><ul>${loans.map((loan) => {
      const share = 100 - (100 * cents(loan.remaining_amount)) / Math.max(1, cents(loan.total_amount));
      return html`<li key=${loan.id} class="facts"><div><span><a
        href=${`#/loans/${loan.id}`}>${`${money(loan.amount)} at ${percent(loan.annual_interest_rate)}`}</a></span>
        <span class="tnum">${money(loan.remaining_amount)} left</span></div>
      <div class="bar" aria-hidden="true"><i style=${{ flex: `0 0 ${share}%` }}></i></div></li>`;
    })}</ul><//>`
  );
}
