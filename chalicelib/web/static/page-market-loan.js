/* A loan as a lender sees it: the terms, the lender's offer with its expected income, and funding. */

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
import { AutopayStatus } from "./autopay.js";
import { Form, MoneyField, RateField, useForm, validate } from "./forms.js";
import { displayStatus, loadLoan, Payments, Schedule } from "./loan-components.js";
import { formatAmount, formatCents, formatMoney, formatPercent, LIMITS, toCents, toWire } from "./money.js";
import { send } from "./api.js";
import { formatDate } from "./dates.js";
import { depositLink } from "./payment-confirmation.js";
import { QuoteSummary, ScheduleChart, useQuote } from "./quote.js";
import { useActionDialog, useConfirmation } from "./dialog.js";

export default function MarketLoan({ user, params: { id } }) {
  const page = useLoad((signal) => loadLoan(id, signal), [id]);
  const [notice, setNotice] = useState(null);
  const confirmation = useConfirmation(user);
  const done = (text) => (setNotice(text), page.reload());
  return html`<p><a class="back" href="#/market">Open loans</a></p>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${LoadedContent} state=${page}>${({ loan, wallet, rows, payments }) => {
      const myOffer = loan.offers?.find((offer) => offer.lender_id === user.id);
      return html`<div class="stack">
      <div class="title"><div><h1>${formatMoney(loan.amount)}${loan.purpose ? ` · ${loan.purpose}` : ""}</h1>
        <${Status} value=${displayStatus(loan)} /></div></div>
      ${myOffer && html`<${MyOffer} ...${{ loan, wallet, offer: myOffer, confirmation, done }} />`}
      <div class="grid"><${Card} title="Terms"><${DescriptionList} items=${[
        ["Borrower", loan.borrower_username],
        ["Maximum rate", formatPercent(loan.requested_rate)],
        loan.status !== "REQUESTED" && ["Rate", formatPercent(loan.annual_interest_rate)],
        ["Term", pluralise(loan.term_months, "month")],
        ["Accepted", formatMoney(loan.accepted_amount)],
        ["Requested on", formatDate(loan.created_at)],
      ]} /><//>
      ${loan.status === "REQUESTED" && !myOffer && html`<${NewOffer} ...${{ loan, wallet, confirmation, done }} />`}
      </div>
      <${AutopayStatus} loan=${loan} />
      ${
        rows.length > 0 &&
        html`<${Card} title="Schedule"><${Schedule} rows=${rows} /><//>
        <${Card} title="Payments"><${Payments} payments=${payments} /><//>`
      }</div>`;
    }}<//>${confirmation.element}`;
}

function NewOffer({ loan, wallet, confirmation, done }) {
  const needed = toWire(toCents(loan.amount) - toCents(loan.accepted_amount));
  const smallest = toWire(Math.min(toCents(LIMITS.minOffer), toCents(needed)));
  const form = useForm(
    { amount: formatAmount(needed), annual_interest_rate: loan.requested_rate },
    {
      amount: validate.money({ min: smallest, max: loan.amount }),
      annual_interest_rate: validate.rate({ max: loan.requested_rate }),
    },
  );
  const { values, isValid } = form.check();
  const state = useQuote(isValid ? { ...values, term_months: loan.term_months, method: loan.method } : null);
  const isReady = isValid && !state.isStale;
  const review = ({ amount, annual_interest_rate: rate }) =>
    isReady &&
    confirmation.open({
      slot: `offer:${loan.id}`,
      label: `Offer ${formatMoney(amount)}`,
      completed: "Offer sent. You can withdraw it until the borrower accepts it.",
      busyText: "Sending offer…",
      path: `api/loans/${loan.id}/offer/`,
      body: { annual_interest_rate: rate, amount },
      details: [
        ["Rate", formatPercent(rate)],
        ["Expected interest", formatMoney(state.quote.total_interest)],
        ["Available in your wallet", formatMoney(wallet.available)],
      ],
      note:
        "No money leaves your wallet yet. You fund the loan once the borrower has accepted offers for " +
        "the full amount.",
      onDone: (_, message) => done(message),
      onRefused: (problem) => form.showProblem(problem),
    });
  return html`<${Card} title="Your offer"><${Form} form=${form} onSubmit=${review} label="Your offer">
    <${MoneyField} form=${form} name="amount" label="Amount"
      hint=${`From ${formatMoney(smallest)} to ${formatMoney(loan.amount)}.`} />
    <${RateField} form=${form} name="annual_interest_rate" label="Your rate"
      hint=${`Up to ${formatPercent(loan.requested_rate)}.`} />
    <${ExpectedIncome} state=${state} />
    <${Button} kind="primary wide" type="submit"
      aria-disabled=${isValid && !isReady ? "true" : undefined}>Review offer<//><//>
    ${state.quote && html`<${ScheduleChart} items=${state.quote.items} />`}<//>`;
}

function ExpectedIncome({ state }) {
  const { quote, isStale } = state;
  if (state.problem) return html`<${QuoteSummary} ...${state} />`;
  return html`<div aria-busy=${isStale} class=${isStale ? "stale" : ""}><${DescriptionList} items=${[
    ["Expected monthly payment", quote ? formatMoney(quote.instalment) : "–"],
    ["Expected interest", quote ? html`<span class="in">+${formatMoney(quote.total_interest)}</span>` : "–"],
  ]} /></div>`;
}

function offerStatus({ accepted, funded }) {
  if (funded) return ["ACTIVE", "Funded"];
  return accepted ? ["COMPLETED", "Accepted"] : ["PENDING", "Waiting for borrower"];
}

function MyOffer({ loan, wallet, offer, confirmation, done }) {
  const actionDialog = useActionDialog();
  const withdraw = () =>
    actionDialog.open({
      title: "Withdraw your offer?",
      verb: "Withdraw offer",
      kind: "danger",
      busyText: "Withdrawing…",
      send: (key) => send("DELETE", `api/loans/${loan.id}/offer/`, { key }),
      onDone: () => done("Offer withdrawn."),
    });
  const [value, label] = offerStatus(offer);
  const isFixed = offer.accepted && loan.status !== "REQUESTED";
  const isFundable = loan.status === "PENDING_FUNDING" && offer.accepted && !offer.funded;
  return html`<${Card} kind="hero" title="Your offer" aside=${html`<${Status} value=${value} label=${label} />`}>
    <${DescriptionList} items=${[
      ["Amount", formatMoney(offer.accepted ? offer.accepted_amount : offer.amount)],
      ["Rate", formatPercent(loan.status === "REQUESTED" ? offer.annual_interest_rate : loan.annual_interest_rate)],
      offer.monthly_payment && [
        isFixed ? "Monthly payment" : "Estimated monthly payment",
        formatMoney(offer.monthly_payment),
      ],
      offer.total_interest && [isFixed ? "Interest" : "Estimated interest", formatMoney(offer.total_interest)],
      [isFixed ? "Platform fee" : "Estimated platform fee", formatMoney(offer.fee_share)],
      !offer.funded && [isFixed ? "You pay" : "You would pay up to", formatMoney(offer.amount_due)],
    ]} />
    ${isFundable && html`<${Funding} ...${{ loan, wallet, offer, confirmation, done }} />`}
    ${
      loan.status === "REQUESTED" &&
      offer.accepted &&
      html`<p
      class="muted">You can fund the loan once the borrower has accepted offers for the full amount.</p>`
    }
    ${!offer.accepted && loan.status === "REQUESTED" && html`<${Button} onClick=${withdraw}>Withdraw offer<//>`}
    ${actionDialog.element}<//>`;
}

function Funding({ loan, wallet, offer, confirmation, done }) {
  const due = offer.amount_due;
  const missing = toCents(due) - toCents(wallet.available);
  const fund = () =>
    confirmation.open({
      slot: `fund:${loan.id}`,
      label: `Fund ${formatMoney(due)}`,
      completed: "You have funded this loan.",
      busyText: "Funding…",
      path: `api/loans/${loan.id}/fund/`,
      body: {},
      details: [
        ["Your share of the loan", formatMoney(offer.accepted_amount)],
        ["Platform fee", formatMoney(offer.fee_share)],
        ["From", "Your wallet"],
        ["Available", formatMoney(wallet.available)],
        missing <= 0 && ["Available after funding", formatCents(-missing)],
      ],
      onDone: (_, message) => done(message),
      recovery: depositLink,
    });
  return html`${
    missing > 0 &&
    html`<${Notice} kind="warn"
      title=${`Funding costs ${formatMoney(due)}. You need ${formatCents(missing)} more in your wallet.`}>
      <p class="actions"><a class="button"
        href=${`#/wallet?add=${toWire(missing)}`}>Deposit ${formatCents(missing)}</a></p><//>`
  }
    <${Button} kind="primary" onClick=${fund}>Fund ${formatMoney(due)}<//>`;
}
