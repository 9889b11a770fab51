/* Requesting a loan, with a live quote next to the form. */

import { Button, Card, html, pluralise } from "./ui.js";
import { Form, MoneyField, RateField, SelectField, TextField, useForm, validate } from "./forms.js";
import { AprNote, QuoteSummary, ScheduleChart, useQuote } from "./quote.js";
import { navigate } from "./router.js";
import { formatMoney, formatPercent, LIMITS } from "./money.js";
import { useConfirmation } from "./dialog.js";

const METHODS = [
  ["annuity", "Equal monthly payments"],
  ["equal_principal", "Equal principal each month"],
  ["flat", "Flat interest on the original amount"],
  ["interest_only", "Interest only, principal at the end"],
];

export default function Request({ user }) {
  const form = useForm(
    { amount: "1,000.00", term_months: "6", annual_interest_rate: "12.00", method: "annuity", purpose: "" },
    {
      amount: validate.money({ min: LIMITS.minLoan, max: LIMITS.maxLoan }),
      term_months: validate.wholeNumber(1, 360),
      annual_interest_rate: validate.rate({ max: "50.00" }),
      purpose: validate.optional,
    },
  );
  const { values, isValid } = form.check();
  const { purpose, ...terms } = values;
  const state = useQuote(isValid ? terms : null);
  const confirmation = useConfirmation(user);
  const isReady = isValid && !state.isStale && !state.problem;
  const review = () =>
    isReady &&
    confirmation.open({
      slot: `request:${user.id}`,
      label: `Request ${formatMoney(values.amount)}`,
      completed: "Loan requested.",
      busyText: "Sending request…",
      path: "api/loans/",
      body: { ...terms, ...(purpose && { purpose }) },
      details: [
        ["Term", pluralise(values.term_months, "month")],
        ["Maximum rate", `${formatPercent(values.annual_interest_rate)} per year`],
        ["Monthly payment, up to", formatMoney(state.quote.instalment)],
        ["Total repayment, up to", formatMoney(state.quote.total_amount)],
      ],
      note:
        "You owe nothing until you accept an offer and the loan is funded. " +
        "Lenders can offer a lower rate, but never a higher one.",
      onDone: (loan) => navigate(loan ? `/loans/${loan.id}` : "/loans"),
      onRefused: (problem) => form.showProblem(problem),
    });
  return html`<h1>Request a loan</h1>
    <div class="grid side"><${Card}><${Form} form=${form} onSubmit=${review} label="Request a loan">
      <${MoneyField} form=${form} name="amount" label="Amount"
        hint=${`From ${formatMoney(LIMITS.minLoan)} to ${formatMoney(LIMITS.maxLoan)}.`} />
      <${TextField} form=${form} name="term_months" label="Term (months)" inputmode="numeric" hint="From 1 to 360." />
      <${RateField} form=${form} name="annual_interest_rate" label="Maximum rate"
        hint="Lenders offer this rate or a lower one." />
      <${SelectField} form=${form} name="method" label="Repayment method" options=${METHODS} />
      <${TextField} form=${form} name="purpose" label="Purpose (optional)" maxlength="255"
        hint="Lenders can see this." />
      <${Button} kind="primary wide" type="submit" aria-disabled=${isValid && !isReady ? "true" : undefined}>
        Review request<//><//><//>
    <div class="stack"><${Card} kind="hero"><${QuoteSummary} ...${state} /><${AprNote} /><//>
      ${
        state.quote &&
        html`<${Card} title="Repayment schedule" kind=${state.isStale ? "stale" : ""}>
        <${ScheduleChart} items=${state.quote.items} /><//>`
      }</div></div>
    ${confirmation.element}`;
}
