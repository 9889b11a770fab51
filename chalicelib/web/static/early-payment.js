/* Paying more than the next instalment: another amount, or the payoff. */

import { Button, Card, DescriptionList, html, LoadedContent, useLoad } from "./ui.js";
import { toCents, formatMoney } from "./money.js";
import { formatDate } from "./dates.js";
import { Choices, Form, MoneyField, validate, useForm } from "./forms.js";
import { get } from "./api.js";
import { paymentConfirmation } from "./payment-confirmation.js";
import { previewPayment } from "./payment-preview.js";

const TARGETS = [
  ["instalments", "Pay instalments early", "Pays the next instalment with its full interest, then principal."],
  ["principal", "Reduce the principal now", "Pays the interest to date, then principal. Saves the most interest."],
];
const STRATEGIES = [
  ["reduce_term", "Pay off sooner", "Keep your monthly payment and finish in fewer months."],
  ["reduce_instalment", "Lower your payments", "Keep the end date and pay less each month."],
];
const INITIAL = { amount: "", apply_to: "instalments", strategy: "reduce_term" };

/** A payment of any amount. It is previewed before the confirmation, which charges the amount of the preview. */
export function ExtraPayment({ loan, wallet, confirmation, done, onStale }) {
  const form = useForm(INITIAL, { amount: validate.money() });
  const isRecovery = loan.status === "DEFAULTED";
  const review = async ({ amount, ...chosen }) => {
    const options = isRecovery ? {} : chosen;
    const preview = await previewPayment(loan.id, { amount, ...options });
    await confirmation.open(
      paymentConfirmation({
        loanId: loan.id,
        amountCents: toCents(preview.payment.amount),
        wallet,
        options,
        preview,
        purpose: purposeOf(amount, preview.payment, isRecovery),
        onPaid: (message) => (form.reset(), done(message)),
        onStale,
      }),
    );
  };
  const hint = isRecovery ? "Payments reduce the principal first." : "Overdue instalments are paid first.";
  return html`<${Card} title="Pay another amount"><${Form} form=${form} onSubmit=${review} label="Pay another amount">
    <${MoneyField} form=${form} name="amount" label="Amount" hint=${hint} />
    ${
      !isRecovery &&
      html`<${Choices} form=${form} name="apply_to" legend="If you pay more than the amount due" options=${TARGETS} />
      <${Choices} form=${form} name="strategy" legend="If this reduces the principal" options=${STRATEGIES} />`
    }
    <${Button} type="submit" busy=${form.busy} busyText="Calculating…">Review payment<//><//><//>`;
}

function purposeOf(amount, payment, isRecovery) {
  if (toCents(payment.amount) < toCents(amount)) return "The full amount you owe, which is less than you entered";
  return isRecovery ? "Principal first, then interest and fees" : "Amount due first, then the rest";
}

/** The amount that pays off the loan today, with a button that pays it. */
export function Payoff({ loan, wallet, confirmation, done }) {
  const quote = useLoad((signal) => get(`api/loans/${loan.id}/payoff/`, null, signal), [loan.id]);
  const isRecovery = loan.status === "DEFAULTED";
  return html`<${Card} title=${isRecovery ? "What you owe" : "Pay off this loan"}>
    <${LoadedContent} state=${quote}>${(payoff) => html`
    <p class="figure m">${formatMoney(payoff.amount)}</p>
    <${DescriptionList} items=${[
      ["Principal", formatMoney(payoff.principal)],
      [isRecovery ? "Interest" : "Interest to date", formatMoney(payoff.interest)],
      toCents(payoff.fees) > 0 && ["Fees", formatMoney(payoff.fees)],
    ]} />
    <p class="muted small">${
      isRecovery
        ? "Interest stopped when the loan defaulted, so this amount no longer grows."
        : `Valid on ${formatDate(payoff.as_of)}. Interest accrues daily.`
    }</p>
    <p><${Button} kind=${isRecovery ? "primary" : ""} onClick=${() =>
      confirmation.open(
        paymentConfirmation({
          loanId: loan.id,
          amountCents: toCents(payoff.amount),
          wallet,
          purpose: "The full amount you owe",
          onPaid: done,
          onStale: quote.reload,
        }),
      )}>Pay ${formatMoney(payoff.amount)}<//></p>`}<//><//>`;
}
