/* Auto-invest: the rules that make offers for a lender, and their recent activity. */

import { Button, Card, DescriptionList, EmptyState, html, LoadedContent, Notice, pluralise } from "./ui.js";
import { sentenceCase, Status, useLoad, useState } from "./ui.js";
import { formatCents, formatMoney, sumOf, toCents } from "./money.js";
import { get, send } from "./api.js";
import { formatDateTime } from "./dates.js";
import { describeRule, NewRule } from "./rule-form.js";
import { Table } from "./table.js";
import { useActionDialog } from "./dialog.js";

const PATH = "api/loans/auto-invest/";
const OUTCOMES = {
  PLACED: ["COMPLETED", "Offer made"],
  SKIPPED: ["CANCELLED", "Skipped"],
  ENDED: ["CANCELLED", "Ended"],
};
const REASONS = {
  manual_offer: "you made an offer yourself",
  other_rule: "another rule made an offer",
  insufficient_funds: "not enough money in your wallet",
  account_frozen: "your account is frozen",
  account_restricted: "you owe money for a returned deposit",
  exposure_reached: "maximum exposure reached",
  borrower_limit_reached: "maximum per borrower reached",
  below_minimum_offer: "your share would be below the minimum offer",
  yield_too_low: "the interest wouldn’t cover the platform fee",
  deposit_returned: "a deposit of yours was returned",
  lapsed: "the borrower didn’t accept the offer in time",
  withdrawn: "you withdrew the offer",
  stopped: "the rule was turned off",
  not_taken: "the borrower didn’t accept the offer",
  repaid: "the loan was paid off",
  written_off: "the loan defaulted",
};

async function load(signal) {
  const [rules, loans] = await Promise.all([
    get(PATH, { limit: 100 }, signal),
    get("api/loans/available/", { limit: 100 }, signal),
  ]);
  return { rules: rules.items, loans: loans.items };
}

export default function AutoInvest({ user }) {
  const page = useLoad(load);
  const [isAdding, setAdding] = useState(false);
  const [notice, setNotice] = useState(null);
  const done = (text) => (setNotice(text), setAdding(false), page.reload());
  return html`<div class="title"><h1>Auto-invest</h1>
      ${!isAdding && html`<${Button} kind="primary" icon="plus" onClick=${() => setAdding(true)}>Add rule<//>`}</div>
    <p class="lead">A rule makes an offer for you on every loan that matches, and reserves the money for it.</p>
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    ${
      isAdding &&
      html`<${NewRule} user=${user} path=${PATH} onDone=${(_, message) => done(message)}
        onBack=${() => setAdding(false)} />`
    }
    <${LoadedContent} state=${page}>${({ rules, loans }) =>
      rules.length === 0
        ? html`<${Card}><${EmptyState} icon="repeat" title="No rules yet." /><//>`
        : html`<div class="stack">
            ${rules.map((rule) => html`<${Rule} key=${rule.id} ...${{ rule, loans, done }} />`)}</div>`}<//>`;
}

function matches(rule, loan) {
  return (
    Number(loan.requested_rate) >= Number(rule.min_rate) &&
    loan.term_months <= rule.max_term &&
    toCents(loan.amount) >= toCents(rule.min_loan_amount)
  );
}

function reasonText(reason) {
  return REASONS[reason] ?? sentenceCase(reason).toLowerCase();
}

function toggleAction({ id, active }, done) {
  return {
    title: active ? "Turn off this rule?" : "Turn on this rule?",
    verb: active ? "Turn off" : "Turn on",
    text: active
      ? "It will stop making offers. Money reserved for its pending offers returns to your wallet."
      : "It will make offers on loans that match from now on.",
    send: (key) => send("PATCH", `${PATH}${id}/`, { body: { active: !active }, key }),
    onDone: () => done(active ? "Rule turned off." : "Rule turned on."),
  };
}

function deleteAction({ id }, done) {
  return {
    title: "Delete this rule?",
    verb: "Delete rule",
    kind: "danger",
    busyText: "Deleting…",
    text: "Money reserved for its pending offers returns to your wallet. Accepted offers stay in place.",
    send: (key) => send("DELETE", `${PATH}${id}/`, { key }),
    onDone: () => done("Rule deleted."),
  };
}

function Rule({ rule, loans, done }) {
  const actionDialog = useActionDialog();
  const matching = loans.filter((loan) => matches(rule, loan));
  const matchingText = `${pluralise(matching.length, "loan")}, ${formatCents(sumOf(matching, "amount"))}`;
  return html`<${Card}>
    <p><${Status} value=${rule.active ? "ACTIVE" : "CANCELLED"} label=${rule.active ? "On" : "Off"} /></p>
    <p><strong>${describeRule(rule)}</strong></p>
    ${rule.waiting_for && html`<p class="muted">Not making offers right now: ${reasonText(rule.waiting_for)}.</p>`}
    <${DescriptionList} items=${[
      ["Reserved for offers", formatMoney(rule.held)],
      ["Outstanding principal", formatMoney(rule.invested)],
      toCents(rule.fees) > 0 && ["Platform fees paid", formatMoney(rule.fees)],
      ["Total exposure", `${formatMoney(rule.exposure)} of ${formatMoney(rule.max_exposure)}`],
      ["Offers made", rule.placed_count],
      ["Matching open loans", matching.length === 0 ? "None" : matchingText],
    ]} />
    ${rule.effects.length > 0 && html`<${Activity} effects=${rule.effects} />`}
    <p class="actions">
      <${Button} onClick=${() => actionDialog.open(toggleAction(rule, done))}>
        ${rule.active ? "Turn off" : "Turn on"}<//>
      <${Button} onClick=${() => actionDialog.open(deleteAction(rule, done))}>Delete<//></p>
    ${actionDialog.element}<//>`;
}

function Activity({ effects }) {
  const outcome = ({ outcome: code }) => {
    const [value, label] = OUTCOMES[code] ?? [undefined, code];
    return html`<${Status} value=${value} label=${label} />`;
  };
  return html`<details><summary>Recent activity</summary>
    <${Table} rows=${effects} caption="Recent activity of the rule" keyOf=${(row) => row.loan_id} columns=${[
      ["Date", (row) => formatDateTime(row.at), { head: true }],
      ["Loan", (row) => html`<a href=${`#/market/${row.loan_id}`}>View loan</a>`],
      ["Outcome", outcome],
      ["Reason", (row) => (row.reason ? sentenceCase(reasonText(row.reason)) : "–")],
      ["Amount", (row) => (toCents(row.amount) ? formatMoney(row.amount) : "–"), { num: true }],
    ]} /></details>`;
}
