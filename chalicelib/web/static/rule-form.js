/* A new standing rule. */

import { Button, Card, html } from "./ui.js";
import { Form, MoneyField, RateField, rule, TextField, useForm } from "./field.js";
import { money, percent } from "./money.js";
import { useConfirm } from "./dialog.js";

/** A rule in words. */
export function sentence(one) {
  const share = Number(one.max_share) < 100 ? `, at most ${percent(one.max_share)} of a loan` : "";
  return (
    `Offer ${money(one.amount_per_loan)} on every loan at ${percent(one.min_rate)} or more, for up to ` +
    `${one.max_term} months${share}, until ${money(one.max_exposure)} are out.`
  );
}

const INITIAL = {
  amount_per_loan: "100.00",
  min_rate: "8.00",
  max_term: "12",
  max_share: "25.00",
  max_exposure: "1,000.00",
};
const RULES = {
  amount_per_loan: rule.money(),
  min_rate: rule.rate({ most: "50.00" }),
  max_term: rule.whole(1, 360),
  max_share: rule.rate({ most: "100.00" }),
  max_exposure: rule.money(),
};

export function NewRule({ user, path, onDone, onBack }) {
  const form = useForm(INITIAL, RULES);
  const confirm = useConfirm(user);
  const review = (values) =>
    confirm.ask({
      slot: `rule:${user.id}`,
      label: "Add this rule",
      busyText: "Adding…",
      path,
      body: values,
      facts: [
        ["Per loan", money(values.amount_per_loan)],
        ["Out at once, at most", money(values.max_exposure)],
      ],
      note: sentence(values),
      onDone,
      onRefused: (problem) => form.refuse(problem),
    });
  return html`<${Card} title="A new rule"><${Form} form=${form} onSubmit=${review} label="A new rule">
    <div class="pair"><${MoneyField} form=${form} name="amount_per_loan" label="Per loan" />
      <${MoneyField} form=${form} name="max_exposure" label="Out at once, at most"
        hint="Held and lent together." /></div>
    <div class="pair"><${RateField} form=${form} name="min_rate" label="Rate, at least" />
      <${TextField} form=${form} name="max_term" label="Months, at most" inputmode="numeric" />
      <${TextField} form=${form} name="max_share" label="Share of one loan, at most (%)" inputmode="decimal" /></div>
    <p class="actions"><${Button} kind="primary" type="submit">Review rule<//>
      <${Button} onClick=${onBack}>Back<//></p><//>
    ${confirm.element}<//>`;
}
