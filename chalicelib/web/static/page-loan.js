/* A borrower's loan: what comes next, the ways to pay, the schedule, the history. */

import { Button, Card, Facts, html, Loaded, Notice, Status, useLoad, useState } from "./ui.js";
import { cents, leftOf, money, percent, wire } from "./money.js";
import { dayText, distanceText } from "./dates.js";
import { get } from "./api.js";
import { paymentWish } from "./pay.js";
import { PayExtra, PayOff } from "./pay-more.js";
import { Payments, Progress, ScheduleRows, shownStatus } from "./loan-parts.js";
import { useConfirm } from "./dialog.js";

const WITH_SCHEDULE = ["FUNDED", "COMPLETED", "DEFAULTED"];

async function load(id, signal) {
  const [loan, wallet] = await Promise.all([get(`api/loans/${id}/`, null, signal), get("api/wallets/", null, signal)]);
  if (!WITH_SCHEDULE.includes(loan.status)) return { loan, wallet, rows: [], payments: [] };
  const [schedule, payments] = await Promise.all([
    get(`api/loans/${id}/schedule/`, null, signal),
    get(`api/loans/${id}/payments/`, { limit: 100 }, signal),
  ]);
  return { loan, wallet, rows: schedule.items, payments: payments.items };
}

export default function LoanPage({ user, params: { id } }) {
  const page = useLoad((signal) => load(id, signal), [id]);
  const [said, setSaid] = useState(null);
  const confirm = useConfirm(user);
  const done = (text) => (setSaid(text), page.reload());
  return html`<p><a class="back" href="#/loans">My loans</a></p>
    ${said && html`<${Notice} kind="good" title=${said} />`}
    <${Loaded} of=${page}>${({ loan, wallet, rows, payments }) => html`<div class="stack">
      <div class="title"><div><h1>${money(loan.amount)}${loan.purpose ? ` · ${loan.purpose}` : ""}</h1>
        <${Status} of=${shownStatus(loan)} /></div></div>
      <${Next} ...${{ loan, wallet, rows, confirm, done, reload: page.reload }} />
      <div class="grid"><${Terms} loan=${loan} />
        ${rows.length > 0 && html`<${Progress} loan=${loan} rows=${rows} />`}</div>
      ${
        loan.status === "FUNDED" &&
        html`<div class="grid">
        <${PayExtra} ...${{ loan, wallet, confirm, done }} onStale=${page.reload} />
        <${PayOff} key=${loan.remaining_amount} ...${{ loan, wallet, confirm, done }} /></div>`
      }
      ${rows.length > 0 && html`<${Card} title="Schedule"><${ScheduleRows} rows=${rows} /><//>`}
      ${rows.length > 0 && html`<${Card} title="Payments"><${Payments} payments=${payments} /><//>`}
    </div>`}<//>${confirm.element}`;
}

function Terms({ loan }) {
  const isFixed = WITH_SCHEDULE.includes(loan.status);
  return html`<${Card} title="Terms"><${Facts} of=${[
    ["Rate", percent(loan.annual_interest_rate)],
    ["Months", loan.term_months],
    [isFixed ? "Monthly payment" : "Monthly payment, at most", money(loan.monthly_payment)],
    ["Interest in all", money(loan.total_interest)],
    ["To pay back in all", money(loan.total_amount)],
    loan.apr && ["APR", percent(loan.apr)],
    loan.funded_at && ["Funded", dayText(loan.funded_at)],
    loan.completed_at && ["Paid off", dayText(loan.completed_at)],
  ]} /><//>`;
}

function Next({ loan, wallet, rows, confirm, done, reload }) {
  if (loan.status === "REQUESTED") return html`<${Offered} ...${{ loan, confirm, done }} />`;
  if (loan.status === "PENDING_FUNDING") return html`<${BeingFunded} ...${{ loan, confirm, done }} />`;
  if (loan.status === "COMPLETED") return html`<${Notice} kind="good" title="Everything is paid. Thank you." />`;
  if (loan.status === "CANCELLED") return html`<${Notice} title="This request was cancelled. Nothing is owed." />`;
  const row = rows.find((one) => one.status !== "PAID");
  if (!row) return null;
  const pay = () =>
    confirm.ask(
      paymentWish({
        loanId: loan.id,
        amountCents: leftOf(row),
        wallet,
        what: `Instalment ${row.number}, due ${dayText(row.due_date)}`,
        onDone: (data) => done(data?.message ?? "It counted once."),
        onStale: reload,
      }),
    );
  const isLate = row.status === "OVERDUE";
  return html`<${Card} kind=${isLate ? "alarm" : "hero"}><div class="title"><div class="stack-s">
    <p class="muted">${isLate ? html`<${Status}
      of="OVERDUE" />` : `Next payment, number ${row.number} of ${rows.length}`}</p>
    <p class="figure">${money(wire(leftOf(row)))}</p>
    <p>${isLate ? "was due" : "due"} ${dayText(row.due_date)} <span
      class="muted">· ${distanceText(row.due_date)}</span></p></div>
    <${Button} kind="primary" icon="wallet" onClick=${pay}>Pay ${money(wire(leftOf(row)))}<//></div><//>`;
}

function cancelWish(loan, done) {
  return {
    slot: `cancel:${loan.id}`,
    label: `Cancel the request for ${money(loan.amount)}`,
    busyText: "Cancelling…",
    kind: "danger",
    path: `api/loans/${loan.id}/cancel/`,
    body: {},
    facts: [["Already put in by lenders", money(loan.funded_amount)]],
    note: "What lenders have put in goes back to them. A cancelled request cannot be opened again.",
    onDone: () => done("The request is cancelled."),
  };
}

function Covered({ word, part, whole }) {
  const share = Math.min(100, (100 * cents(part)) / cents(whole));
  return html`<div class="stack-s"><p><strong class="tnum">${money(part)}</strong> of ${money(whole)} ${word}</p>
    <div class="bar" role="img" aria-label=${`${Math.round(share)} percent ${word}`}><i
      style=${{ flex: `0 0 ${share}%` }}></i></div></div>`;
}

function Offered({ loan, confirm, done }) {
  const waiting = (loan.offers ?? []).filter((offer) => !offer.accepted).length;
  return html`<${Card} kind="hero"><${Covered} word="accepted" part=${loan.accepted_amount} whole=${loan.amount} />
    <p>${
      waiting === 0
        ? "No offers wait. Lenders see your request in the market."
        : "Compare the offers and accept what suits."
    }</p>
    <p class="actions"><a class="button primary" href=${`#/loans/${loan.id}/offers`}>
      ${waiting === 0 ? "See offers" : waiting === 1 ? "See 1 offer" : `Compare ${waiting} offers`}</a>
      <${Button} onClick=${() => confirm.ask(cancelWish(loan, done))}>Cancel the request<//></p><//>`;
}

function BeingFunded({ loan, confirm, done }) {
  return html`<${Card} kind="hero"><${Covered} word="paid in" part=${loan.funded_amount} whole=${loan.amount} />
    <p>The amount is covered at ${percent(loan.annual_interest_rate)}. Payments start once all lenders have paid in.</p>
    <p class="actions"><${Button} onClick=${() => confirm.ask(cancelWish(loan, done))}>Cancel the request<//></p><//>`;
}
