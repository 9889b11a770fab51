/* A borrower's loan: the next step, ways to pay, the schedule and the payments. */

import {
  Button,
  Card,
  DescriptionList,
  html,
  LoadedContent,
  Notice,
  pluralise,
  Status,
  useLoad,
  useState,
} from "./ui.js";
import { toCents, formatMoney, formatPercent } from "./money.js";
import { Autopay } from "./autopay.js";
import { formatDate } from "./dates.js";
import { instalmentConfirmation } from "./payment-confirmation.js";
import { ExtraPayment, Payoff } from "./early-payment.js";
import { displayStatus, loadLoan, Payments, Progress, Schedule, WITH_SCHEDULE } from "./loan-components.js";
import { PaymentDue } from "./payment-due.js";
import { RescheduleProposal } from "./reschedule-proposal.js";
import { useConfirmation } from "./dialog.js";

const OWED = ["FUNDED", "DEFAULTED"];

export default function LoanPage({ user, params: { id } }) {
  const page = useLoad((signal) => loadLoan(id, signal), [id]);
  const [notice, setNotice] = useState(null);
  const confirmation = useConfirmation(user);
  const done = (text) => (setNotice(text), page.reload());
  return html`<p><a class="back" href="#/loans">My loans</a></p>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${LoadedContent} state=${page}>${({ loan, wallet, rows, payments }) => html`<div class="stack">
      <div class="title"><div><h1>${formatMoney(loan.amount)}${loan.purpose ? ` · ${loan.purpose}` : ""}</h1>
        <${Status} value=${displayStatus(loan)} /></div></div>
      ${
        loan.reschedule_proposal &&
        html`<${RescheduleProposal} ...${{ loan, confirmation, done, reload: page.reload }} />`
      }
      <${NextStep} ...${{ loan, wallet, rows, confirmation, done, reload: page.reload }} />
      <div class="grid"><${Terms} loan=${loan} />
        ${rows.length > 0 && html`<${Progress} loan=${loan} rows=${rows} />`}</div>
      ${
        OWED.includes(loan.status) &&
        html`<div class="grid">
        <${ExtraPayment} ...${{ loan, wallet, confirmation, done }} onStale=${page.reload} />
        <${Payoff} key=${loan.remaining_amount} ...${{ loan, wallet, confirmation, done }} /></div>`
      }
      <${Autopay} loan=${loan} done=${done} />
      ${rows.length > 0 && html`<${Card} title="Schedule"><${Schedule} rows=${rows} /><//>`}
      ${rows.length > 0 && html`<${Card} title="Payments"><${Payments} payments=${payments} /><//>`}
    </div>`}<//>${confirmation.element}`;
}

function Terms({ loan }) {
  const isFixed = WITH_SCHEDULE.includes(loan.status);
  return html`<${Card} title="Terms"><${DescriptionList} items=${[
    ["Interest rate", formatPercent(loan.annual_interest_rate)],
    ["Term", pluralise(loan.term_months, "month")],
    [isFixed ? "Monthly payment" : "Monthly payment, up to", formatMoney(loan.monthly_payment)],
    ["Total interest", formatMoney(loan.total_interest)],
    ["Total repayment", formatMoney(loan.total_amount)],
    loan.apr && ["APR", formatPercent(loan.apr)],
    loan.funded_at && ["Funded on", formatDate(loan.funded_at)],
    loan.defaulted_at && ["In default since", formatDate(loan.defaulted_at)],
    loan.completed_at && ["Paid off on", formatDate(loan.completed_at)],
  ]} /><//>`;
}

function NextStep({ loan, wallet, rows, confirmation, done, reload }) {
  if (loan.status === "REQUESTED") return html`<${OpenRequest} ...${{ loan, confirmation, done }} />`;
  if (loan.status === "PENDING_FUNDING") return html`<${AwaitingFunding} ...${{ loan, confirmation, done }} />`;
  if (loan.status === "COMPLETED") return html`<${Notice} kind="good" title="You have paid off this loan." />`;
  if (loan.status === "DEFAULTED") return html`<${InDefault} loan=${loan} />`;
  if (loan.status === "CANCELLED") return html`<${Notice} title="This request was cancelled. You owe nothing." />`;
  const instalment = rows.find((row) => row.status !== "PAID");
  if (!instalment) return null;
  const options = { loanId: loan.id, instalment, wallet, onPaid: done, onStale: reload };
  return html`<${PaymentDue} instalment=${instalment} isLate=${instalment.status === "OVERDUE"}
    title=${`Next payment: ${instalment.number} of ${rows.length}`}
    onPay=${() => confirmation.open(instalmentConfirmation(options))} />`;
}

function InDefault({ loan }) {
  return html`<${Notice} kind="bad" title="This loan is in default. The full amount is now due.">
    <p>Payments were overdue for too long. You owe ${formatMoney(loan.remaining_amount)}. No more interest or fees are
      added, and every payment reduces the principal first. When you have paid the full amount, the loan is paid
      off.</p>
    <p>If you can’t pay it all now, pay what you can, and contact us to agree on a plan.</p><//>`;
}

function ReleaseOffers({ loan, confirmation, done }) {
  if (toCents(loan.accepted_amount) === 0) return null;
  const accepted = (loan.offers ?? []).filter((offer) => offer.accepted).length;
  const handleClick = () =>
    confirmation.open({
      slot: `release:${loan.id}`,
      label: "Release accepted offers",
      completed: "Accepted offers released. Your request is open for offers again.",
      busyText: "Releasing…",
      kind: "danger",
      path: `api/loans/${loan.id}/release/`,
      body: {},
      details: [
        ["Offers released", accepted],
        ["Accepted so far", formatMoney(loan.accepted_amount)],
        ["Funded so far", formatMoney(loan.funded_amount)],
      ],
      note:
        "Use this if a lender does not fund their share. The accepted offers are deleted, and lenders get back what " +
        "they have funded. Other offers stay open.",
      onDone: (_, message) => done(message),
    });
  return html`<${Button} onClick=${handleClick}>Release accepted offers<//>`;
}

function CancelRequest({ loan, confirmation, done }) {
  const handleClick = () =>
    confirmation.open({
      slot: `cancel:${loan.id}`,
      label: `Cancel request for ${formatMoney(loan.amount)}`,
      completed: "Loan request cancelled.",
      busyText: "Cancelling…",
      kind: "danger",
      path: `api/loans/${loan.id}/cancel/`,
      body: {},
      details: [["Funded so far", formatMoney(loan.funded_amount)]],
      note: "Lenders get back what they have funded. You can’t reopen a cancelled request.",
      onDone: (_, message) => done(message),
    });
  return html`<${Button} onClick=${handleClick}>Cancel request<//>`;
}

function CoveredAmount({ label, part, whole }) {
  const share = Math.min(100, (100 * toCents(part)) / toCents(whole));
  return html`<div class="stack-s"><p><strong class="tnum">${formatMoney(part)}</strong> of
    ${" "}${formatMoney(whole)} ${label}</p>
    <div class="bar" role="img" aria-label=${`${Math.round(share)} percent ${label}`}><i
      style=${{ flex: `0 0 ${share}%` }}></i></div></div>`;
}

function OpenRequest({ loan, confirmation, done }) {
  const count = (loan.offers ?? []).filter((offer) => !offer.accepted).length;
  return html`<${Card} kind="hero"><${CoveredAmount} label="accepted" part=${loan.accepted_amount}
      whole=${loan.amount} />
    <p>${
      count === 0
        ? "No offers yet. Lenders can see your request in the market."
        : "Compare the offers and accept the ones you like."
    }</p>
    <p class="actions"><a class="button primary" href=${`#/loans/${loan.id}/offers`}>
      ${count === 0 ? "View offers" : count === 1 ? "Review 1 offer" : `Compare ${count} offers`}</a>
      <${ReleaseOffers} ...${{ loan, confirmation, done }} />
      <${CancelRequest} ...${{ loan, confirmation, done }} /></p><//>`;
}

function AwaitingFunding({ loan, confirmation, done }) {
  return html`<${Card} kind="hero"><${CoveredAmount} label="funded" part=${loan.funded_amount} whole=${loan.amount} />
    <p>You have accepted offers for the full amount at ${formatPercent(loan.annual_interest_rate)}. The loan starts
      when all lenders have funded it.</p>
    <p class="actions"><${ReleaseOffers} ...${{ loan, confirmation, done }} />
      <${CancelRequest} ...${{ loan, confirmation, done }} /></p><//>`;
}
