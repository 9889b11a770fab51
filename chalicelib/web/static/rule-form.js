/* The form for a new auto-invest rule. */

import { Button, Card, html } from "./ui.js";
import { Form, MoneyField, RateField, TextField, useForm, validate } from "./forms.js";
import { formatMoney, formatPercent, LIMITS } from "./money.js";
import { useConfirmation } from "./dialog.js";

/** Describes a rule in a sentence. */
export function describeRule(rule) {
  const share = Number(rule.max_share) < 100 ? ` (up to ${formatPercent(rule.max_share)} of the loan)` : "";
  const perBorrower = formatMoney(rule.max_per_borrower ?? rule.amount_per_loan);
  return (
    `Offer ${formatMoney(rule.amount_per_loan)}${share} at ${formatPercent(rule.min_rate)} on every loan that allows ` +
    `this rate, is for ${formatMoney(rule.min_loan_amount)} or more and runs for up to ${rule.max_term} months. ` +
    `Lend up to ${perBorrower} per borrower and ${formatMoney(rule.max_exposure)} in total at any one time.`
  );
}

const INITIAL = {
  amount_per_loan: "100.00",
  min_rate: "8.00",
  max_term: "12",
  max_share: "25.00",
  max_exposure: "1,000.00",
  min_loan_amount: "500.00",
  max_per_borrower: "",
};
const VALIDATORS = {
  amount_per_loan: validate.money(),
  min_rate: validate.rate({ max: "50.00" }),
  max_term: validate.wholeNumber(1, 360),
  max_share: validate.rate({ max: "100.00" }),
  max_exposure: validate.money(),
  min_loan_amount: validate.money({ min: LIMITS.minLoan }),
  max_per_borrower: validate.money({ isOptional: true }),
};

export function NewRule({ user, path, onDone, onBack }) {
  const form = useForm(INITIAL, VALIDATORS);
  const confirmation = useConfirmation(user);
  const review = (values) =>
    confirmation.open({
      slot: `rule:${user.id}`,
      label: "Add rule",
      completed: "Rule added.",
      busyText: "Adding…",
      path,
      body: values,
      details: [
        ["Amount per loan", formatMoney(values.amount_per_loan)],
        ["Maximum per borrower", formatMoney(values.max_per_borrower ?? values.amount_per_loan)],
        ["Maximum exposure", formatMoney(values.max_exposure)],
      ],
      note: describeRule(values),
      onDone,
      onRefused: (problem) => form.showProblem(problem),
    });
  return html`<${Card} title="New rule"><${Form} form=${form} onSubmit=${review} label="New rule">
    <div class="pair"><${MoneyField} form=${form} name="amount_per_loan" label="Amount per loan" />
      <${MoneyField} form=${form} name="max_exposure" label="Maximum exposure"
        hint="The most to reserve and lend at any one time, including platform fees." /></div>
    <div class="pair"><${MoneyField} form=${form} name="max_per_borrower" label="Maximum per borrower"
        hint="The most to lend to one borrower at any one time. Leave empty for the amount per loan." />
      <${MoneyField} form=${form} name="min_loan_amount" label="Minimum loan amount"
        hint="On small loans the platform fee can cost more than the interest." /></div>
    <div class="pair"><${RateField} form=${form} name="min_rate" label="Minimum rate"
        hint="The rule offers this rate. You receive the rate at which the loan is funded." />
      <${TextField} form=${form} name="max_term" label="Maximum term (months)" inputmode="numeric" />
      <${TextField} form=${form} name="max_share" label="Maximum share of a loan (%)" inputmode="decimal" /></div>
    <p class="actions"><${Button} kind="primary" type="submit">Review rule<//>
      <${Button} onClick=${onBack}>Back<//></p><//>
    ${confirmation.element}<//>`;
}
