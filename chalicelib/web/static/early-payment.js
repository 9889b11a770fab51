/* Paying more than the next instalment: an extra payment or the payoff. */

import { Button, Card, DescriptionList, html, LoadedContent, useLoad } from "./ui.js";
import { toCents, formatMoney } from "./money.js";
import { formatDate } from "./dates.js";
import { Form, MoneyField, validate, useForm } from "./forms.js";
import { get } from "./api.js";
import { paymentConfirmation } from "./payment-confirmation.js";

const STRATEGIES = [
  ["reduce_term", "Pay off sooner", "Keep your monthly payment and finish in fewer months."],
  ["reduce_instalment", "Lower your payments", "Keep the end date and pay less each month."],
];

/** A payment of any amount up to the payoff. What exceeds the amount due reduces the principal. */
export function ExtraPayment({ loan, wallet, confirmation, done, onStale }) {
  const form = useForm({ amount: "", strategy: "reduce_term" }, { amount: validate.money() });
  const review = ({ amount, strategy }) =>
    confirmation.open(
      paymentConfirmation({
        loanId: loan.id,
        amountCents: toCents(amount),
        wallet,
        strategy,
        purpose: "Amount due first, then principal",
        onPaid: (message) => (form.reset(), done(message)),
        onStale,
      }),
    );
  return html`<${Card} title="Pay another amount"><${Form} form=${form} onSubmit=${review} label="Pay another amount">
    <${MoneyField} form=${form} name="amount" label="Amount" hint="This pays fees and interest due first." />
    <fieldset class="choices"><legend>If you pay more than is due</legend>
      ${STRATEGIES.map(
        ([value, label, text]) => html`<label class="choice" key=${value}>
        <input type="radio" name="strategy" checked=${form.texts.strategy === value}
          onChange=${() => form.set("strategy", value)} />
        <span><strong>${label}</strong><small>${text}</small></span></label>`,
      )}</fieldset>
    <${Button} type="submit">Review payment<//><//><//>`;
}

/** The amount that pays off the loan today, with a button that pays it. */
export function Payoff({ loan, wallet, confirmation, done }) {
  const quote = useLoad((signal) => get(`api/loans/${loan.id}/payoff/`, null, signal), [loan.id]);
  return html`<${Card} title="Pay off this loan"><${LoadedContent} state=${quote}>${(payoff) => html`
    <p class="figure m">${formatMoney(payoff.amount)}</p>
    <${DescriptionList} items=${[
      ["Principal", formatMoney(payoff.principal)],
      ["Interest to date", formatMoney(payoff.interest)],
      toCents(payoff.fees) > 0 && ["Fees", formatMoney(payoff.fees)],
    ]} />
    <p class="muted small">Valid on ${formatDate(payoff.as_of)}. Interest accrues daily.</p>
    <p><${Button} onClick=${() =>
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
