/* Asking for a loan, with what it will cost beside the form. */

import { Button, Card, html } from "./ui.js";
import { Form, MoneyField, RateField, rule, SelectField, TextField, useForm } from "./field.js";
import { AprNote, QuoteFacts, ScheduleChart, useQuote } from "./quote.js";
import { go } from "./router.js";
import { money, percent } from "./money.js";
import { useConfirm } from "./dialog.js";

const METHODS = [
  ["annuity", "The same payment each month"],
  ["equal_principal", "The same principal each month"],
  ["flat", "Interest on the first amount throughout"],
  ["interest_only", "Interest each month, all principal at the end"],
];

export default function Request({ user }) {
  const form = useForm(
    { amount: "1,000.00", term_months: "6", annual_interest_rate: "12.00", method: "annuity", purpose: "" },
    {
      amount: rule.money(),
      term_months: rule.whole(1, 360),
      annual_interest_rate: rule.rate({ most: "50.00" }),
      purpose: rule.optional,
    },
  );
  const { values, isGood } = form.check();
  const { purpose, ...terms } = values;
  const state = useQuote(isGood ? terms : null);
  const confirm = useConfirm(user);
  const isReady = isGood && !state.isStale && !state.problem;
  const review = () =>
    isReady &&
    confirm.ask({
      slot: `request:${user.id}`,
      label: `Request ${money(values.amount)}`,
      busyText: "Sending the request…",
      path: "api/loans/",
      body: { ...terms, ...(purpose && { purpose }) },
      facts: [
        ["For", `${values.term_months} months`],
        ["At most", `${percent(values.annual_interest_rate)} a year`],
        ["Each month, at most", money(state.quote.instalment)],
        ["To pay back in all, at most", money(state.quote.total_amount)],
      ],
      note:
        "Nothing is owed until you accept an offer and it is funded. " +
        "Offers may be below this rate, never above it.",
      onDone: (loan) => go(loan ? `/loans/${loan.id}` : "/loans"),
      onRefused: (problem) => form.refuse(problem),
    });
  return html`<h1>Request a loan</h1>
    <div class="grid side"><${Card}><${Form} form=${form} onSubmit=${review} label="Request a loan">
      <${MoneyField} form=${form} name="amount" label="Amount" />
      <${TextField} form=${form} name="term_months" label="Months" inputmode="numeric" hint="From 1 to 360." />
      <${RateField} form=${form} name="annual_interest_rate" label="Highest rate you accept"
        hint="Lenders offer at this rate or below." />
      <${SelectField} form=${form} name="method" label="How to pay back" options=${METHODS} />
      <${TextField} form=${form} name="purpose" label="What for (optional)" maxlength="255"
        hint="Lenders read this." />
      <${Button} kind="primary wide" type="submit" aria-disabled=${isGood && !isReady ? "true" : undefined}>
        Review request<//><//><//>
    <div class="stack"><${Card} kind="hero"><${QuoteFacts} ...${state} /><${AprNote} /><//>
      ${
        state.quote &&
        html`<${Card} title="Payment by payment" kind=${state.isStale ? "stale" : ""}>
        <${ScheduleChart} items=${state.quote.items} /><//>`
      }</div></div>
    ${confirm.element}`;
}
