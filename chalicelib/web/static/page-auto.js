/* Standing rules: which loans get an offer of mine without me, and what they did. */

import { Button, Card, counted, Empty, Facts, html, Loaded, Notice, sentenceCase } from "./ui.js";
import { Status, useLoad, useState } from "./ui.js";
import { cents, money, percent, wire } from "./money.js";
import { get, send } from "./api.js";
import { momentText } from "./dates.js";
import { NewRule, sentence } from "./rule-form.js";
import { Table } from "./table.js";
import { useQuestion } from "./dialog.js";

const PATH = "api/loans/auto-invest/";
const OUTCOMES = {
  PLACED: ["COMPLETED", "Offered"],
  SKIPPED: ["CANCELLED", "Skipped"],
  ENDED: ["CANCELLED", "Ended"],
};
const REASONS = {
  manual_offer: "you offered yourself",
  other_rule: "another rule offered",
  insufficient_funds: "the wallet does not hold enough",
  account_frozen: "your account is frozen",
  exposure_reached: "as much as you allowed is out",
  withdrawn: "you withdrew the offer",
  stopped: "the rule was stopped",
  not_taken: "the borrower did not take the offer",
  repaid: "the loan is paid off",
  written_off: "the loan defaulted",
};

async function load(signal) {
  const [rules, open] = await Promise.all([
    get(PATH, { limit: 100 }, signal),
    get("api/loans/available/", { limit: 100 }, signal),
  ]);
  return { rules: rules.items, open: open.items };
}

export default function Auto({ user }) {
  const page = useLoad(load);
  const [isAdding, setAdding] = useState(false);
  const [said, setSaid] = useState(null);
  const done = (text) => (setSaid(text), setAdding(false), page.reload());
  return html`<div class="title"><h1>Auto-invest</h1>
      ${
        !isAdding &&
        html`<${Button} kind="primary" icon="plus" onClick=${() => setAdding(true)}>Add rule<//>`
      }</div>
    <p class="lead">A rule makes an offer for you on every loan that fits, and holds the money for it.</p>
    ${said && html`<${Notice} kind="good" title=${said} />`}
    ${
      isAdding &&
      html`<${NewRule} user=${user} path=${PATH} onDone=${() => done("The rule stands.")}
        onBack=${() => setAdding(false)} />`
    }
    <${Loaded} of=${page}>${({ rules, open }) =>
      rules.length === 0
        ? html`<${Card}><${Empty} icon="repeat" title="Rules lend for you."><p>There is none yet.</p><//><//>`
        : html`<div class="stack">
            ${rules.map((one) => html`<${Rule} key=${one.id} ...${{ one, open, done }} />`)}</div>`}<//>`;
}

/** Which open loans fit a rule. */
function matching(one, open) {
  return open.filter(
    (loan) => Number(loan.requested_rate) >= Number(one.min_rate) && loan.term_months <= one.max_term,
  );
}

function reasonText(reason) {
  return REASONS[reason] ?? sentenceCase(reason).toLowerCase();
}

function toggleQuestion(one, done) {
  return {
    title: one.active ? "Stop this rule?" : "Start this rule?",
    verb: one.active ? "Stop it" : "Start it",
    busyText: "One moment…",
    text: one.active
      ? "No new offers are made, and what is held for open ones comes back."
      : "It offers on loans that fit from now on.",
    act: (key) => send("PATCH", `${PATH}${one.id}/`, { body: { active: !one.active }, key }),
    onDone: () => done(one.active ? "The rule is stopped." : "The rule runs."),
  };
}

function removeQuestion(one, done) {
  return {
    title: "Remove this rule?",
    verb: "Remove it",
    kind: "danger",
    busyText: "Removing…",
    text: "What is held for its open offers comes back. Offers that were accepted stand.",
    act: (key) => send("DELETE", `${PATH}${one.id}/`, { key }),
    onDone: () => done("The rule is removed."),
  };
}

function Rule({ one, open, done }) {
  const question = useQuestion();
  const fits = matching(one, open);
  const total = fits.reduce((sum, loan) => sum + cents(loan.amount), 0);
  return html`<${Card}>
    <p><${Status} of=${one.active ? "ACTIVE" : "CANCELLED"} word=${one.active ? "On" : "Off"} /></p>
    <p><strong>${sentence(one)}</strong></p>
    ${one.waiting_for && html`<p class="muted">It places nothing at present: ${reasonText(one.waiting_for)}.</p>`}
    <${Facts} of=${[
      ["Held in offers", money(one.held)],
      ["Lent and not back yet", money(one.invested)],
      ["Offers made", one.placed_count],
      [
        "Open loans that fit",
        fits.length === 0 ? "None" : `${counted(fits.length, "loan")}, ${money(wire(total))}`,
      ],
    ]} />
    ${one.effects.length > 0 && html`<${Effects} effects=${one.effects} />`}
    <p class="actions">
      <${Button} onClick=${() => question.ask(toggleQuestion(one, done))}>${one.active ? "Stop" : "Start"}<//>
      <${Button} onClick=${() => question.ask(removeQuestion(one, done))}>Remove<//></p>
    ${question.element}<//>`;
}

function Effects({ effects }) {
  return html`<details><summary>What it did lately</summary>
    <${Table} rows=${effects} caption="What the rule did" keyOf=${(one) => one.loan_id} columns=${[
      ["When", (one) => momentText(one.at), { head: true }],
      ["Loan", (one) => html`<a href=${`#/market/${one.loan_id}`}>Open the loan</a>`],
      [
        "What",
        (one) => html`<${Status} of=${OUTCOMES[one.outcome]?.[0]} word=${OUTCOMES[one.outcome]?.[1] ?? one.outcome} />`,
      ],
      ["Why", (one) => (one.reason ? sentenceCase(reasonText(one.reason)) : "–")],
      ["Amount", (one) => (cents(one.amount) ? money(one.amount) : "–"), { num: true }],
    ]} /></details>`;
}
