/* Standing rules: which loans get an offer of mine without me. */

import { Button, Card, Empty, html, Loaded, Notice, Status, useLoad, useState } from "./ui.js";
import { Form, MoneyField, RateField, rule, TextField, useForm } from "./field.js";
import { cents, money, percent } from "./money.js";
import { get, send } from "./api.js";
import { useConfirm, useQuestion } from "./dialog.js";

const PATH = "api/loans/auto-invest/";

async function load(signal) {
  const [rules, open] = await Promise.all([
    get(PATH, null, signal),
    get("api/loans/available/", { limit: 100 }, signal),
  ]);
  return { rules: rules.items, open: open.items };
}

export default function Auto({ user }) {
  const page = useLoad(load);
  const [isAdding, setAdding] = useState(false);
  const [said, setSaid] = useState(null);
  const done = (text) => (setSaid(text), setAdding(false), page.reload());
  return html`<div class="title"><h1>Auto-invest</h1>${
    !isAdding &&
    html`<${Button} kind="primary" icon="plus"
      onClick=${() => setAdding(true)}>Add rule<//>`
  }</div>
    <p class="lead">A rule makes an offer for you on every new loan that fits, and holds the money for it.</p>
    ${said && html`<${Notice} kind="good" title=${said} />`}
    ${isAdding && html`<${NewRule} user=${user} onDone=${() => done("The rule stands.")} onBack=${() => setAdding(false)} />`}
    <${Loaded} of=${page}>${({ rules, open }) =>
      rules.length === 0
        ? html`<${Card}><${Empty} icon="repeat" title="Rules lend for you." ><p>There is none yet.</p><//><//>`
        : html`<div class="stack">${rules.map((one) => html`<${Rule} key=${one.id} one=${one} open=${open} done=${done} />`)}</div>`}<//>`;
}

/** Which open loans a rule fits. */
export function matching(one, open) {
  return open.filter(
    (loan) => Number(loan.requested_rate) >= Number(one.minimum_rate) && loan.term_months <= one.maximum_term_months,
  );
}

function sentence(one) {
  const share = one.maximum_share ? `, at most ${percent(one.maximum_share)} of a loan` : "";
  return (
    `Offer ${money(one.amount_per_loan)} on every loan at ${percent(one.minimum_rate)} or more, for up to ` +
    `${one.maximum_term_months} months${share}, until ${money(one.maximum_exposure)} are out.`
  );
}

function Rule({ one, open, done }) {
  const question = useQuestion();
  const fits = matching(one, open);
  const total = fits.reduce((sum, loan) => sum + cents(loan.amount), 0);
  const toggle = () =>
    question.ask({
      title: one.active ? "Stop this rule?" : "Start this rule?",
      verb: one.active ? "Stop it" : "Start it",
      busyText: "One moment…",
      text: one.active
        ? "No new offers are made, and what is held for open ones comes back."
        : "It offers on new loans that fit from now on.",
      act: () => send("PATCH", `${PATH}${one.id}/`, { body: { active: !one.active } }),
      onDone: () => done(one.active ? "The rule is stopped." : "The rule runs."),
    });
  const remove = () =>
    question.ask({
      title: "Remove this rule?",
      verb: "Remove it",
      kind: "danger",
      busyText: "Removing…",
      text: "What is held for its open offers comes back. Offers that were accepted stand.",
      act: () => send("DELETE", `${PATH}${one.id}/`),
      onDone: () => done("The rule is removed."),
    });
  return html`<${Card}><p><${Status} of=${one.active ? "ACTIVE" : "CANCELLED"} word=${one.active ? "On" : "Off"} /></p>
    <p><strong>${sentence(one)}</strong></p>
    <p class="muted">${money(one.exposure ?? "0.00")} are out or held now. ${
      fits.length === 0
        ? "No open loan fits at the moment."
        : `${fits.length} open ${fits.length === 1 ? "loan fits" : "loans fit"}, ${money((total / 100).toFixed(2))} in all.`
    }</p>
    <p class="actions"><${Button} onClick=${toggle}>${one.active ? "Stop" : "Start"}<//><${Button} onClick=${remove}>Remove<//></p>
    ${question.element}<//>`;
}

function NewRule({ user, onDone, onBack }) {
  const form = useForm(
    {
      amount_per_loan: "100.00",
      minimum_rate: "8.00",
      maximum_term_months: "12",
      maximum_share: "25.00",
      maximum_exposure: "1,000.00",
    },
    {
      amount_per_loan: rule.money(),
      minimum_rate: rule.rate({ most: "50.00" }),
      maximum_term_months: rule.whole(1, 360),
      maximum_share: rule.rate({ most: "100.00" }),
      maximum_exposure: rule.money(),
    },
  );
  const confirm = useConfirm(user);
  const review = (values) =>
    confirm.ask({
      slot: `rule:${user.id}`,
      label: "Add this rule",
      busyText: "Adding…",
      path: PATH,
      body: values,
      facts: [
        ["Per loan", money(values.amount_per_loan)],
        ["Out at once, at most", money(values.maximum_exposure)],
      ],
      note: sentence(values),
      onDone,
      onRefused: (problem) => form.refuse(problem),
    });
  return html`<${Card} title="A new rule"><${Form} form=${form} onSubmit=${review} label="A new rule">
    <div class="pair"><${MoneyField} form=${form} name="amount_per_loan" label="Per loan" />
      <${MoneyField} form=${form} name="maximum_exposure" label="Out at once, at most" hint="Held and lent together." /></div>
    <div class="pair"><${RateField} form=${form} name="minimum_rate" label="Rate, at least" />
      <${TextField} form=${form} name="maximum_term_months" label="Months, at most" inputmode="numeric" />
      <${TextField} form=${form} name="maximum_share" label="Share of one loan, at most (%)" inputmode="decimal" /></div>
    <p class="actions"><${Button} kind="primary" type="submit">Review rule<//><${Button} onClick=${onBack}>Back<//></p><//>
    ${confirm.element}<//>`;
}
