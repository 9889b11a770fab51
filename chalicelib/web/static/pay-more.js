/* Paying more than the next instalment: something extra, or everything. */

import { Button, Card, Facts, html, Loaded, useLoad } from "./ui.js";
import { cents, money } from "./money.js";
import { dayText } from "./dates.js";
import { Form, MoneyField, rule, useForm } from "./field.js";
import { get } from "./api.js";
import { paymentWish } from "./pay.js";

const STRATEGIES = [
  ["reduce_term", "Finish earlier", "The same payment, fewer months."],
  ["reduce_instalment", "Pay less each month", "The same months, smaller payments."],
];

/** Any amount up to everything; what goes beyond the current instalment lowers the principal. */
export function PayExtra({ loan, wallet, confirm, done, onStale }) {
  const form = useForm({ amount: "", strategy: "reduce_term" }, { amount: rule.money() });
  const review = ({ amount, strategy }) =>
    confirm.ask(
      paymentWish({
        loanId: loan.id,
        amountCents: cents(amount),
        wallet,
        strategy,
        what: "What is due first, then principal",
        onDone: () => (form.reset(), done(`Paid ${money(amount)}. It counted once.`)),
        onStale,
      }),
    );
  return html`<${Card} title="Pay another amount"><${Form} form=${form} onSubmit=${review} label="Pay another amount">
    <${MoneyField} form=${form} name="amount" label="Amount" hint="Fees and interest that are due come first." />
    <fieldset class="choices"><legend>If it is more than what is due</legend>
      ${STRATEGIES.map(
        ([value, word, text]) => html`<label class="choice" key=${value}>
        <input type="radio" name="strategy" checked=${form.texts.strategy === value}
          onChange=${() => form.set("strategy", value)} />
        <span><strong>${word}</strong><small>${text}</small></span></label>`,
      )}</fieldset>
    <${Button} type="submit">Review payment<//><//><//>`;
}

/** What paying everything takes today. */
export function PayOff({ loan, wallet, confirm, done }) {
  const quote = useLoad((signal) => get(`api/loans/${loan.id}/payoff/`, null, signal), [loan.id]);
  return html`<${Card} title="Pay everything off"><${Loaded} of=${quote}>${(payoff) => html`
    <p class="figure m">${money(payoff.amount)}</p>
    <${Facts} of=${[
      ["Principal", money(payoff.principal)],
      ["Interest until today", money(payoff.interest)],
      cents(payoff.fees) > 0 && ["Fees", money(payoff.fees)],
    ]} />
    <p class="muted small">Good for ${dayText(payoff.as_of)}: interest grows by the day.</p>
    <p><${Button} onClick=${() =>
      confirm.ask(
        paymentWish({
          loanId: loan.id,
          amountCents: cents(payoff.amount),
          wallet,
          what: "Everything that is owed",
          onDone: () => done("Paid off. It counted once."),
          onStale: quote.reload,
        }),
      )}>Pay ${money(payoff.amount)}<//></p>`}<//><//>`;
}
