/* A loan as a lender sees it: its terms, what my part would bring, my offer, and paying in. */

import { Button, Card, Facts, html, Loaded, Notice, Status, useLoad, useState } from "./ui.js";
import { Form, MoneyField, RateField, rule, useForm } from "./field.js";
import { Payments, ScheduleRows, shownStatus } from "./loan-parts.js";
import { cents, money, percent, plainMoney, wire } from "./money.js";
import { get, send } from "./api.js";
import { dayText } from "./dates.js";
import { depositWay } from "./pay.js";
import { QuoteFacts, ScheduleChart, useQuote } from "./quote.js";
import { useConfirm, useQuestion } from "./dialog.js";

const RUNNING = ["FUNDED", "COMPLETED", "DEFAULTED"];

async function load(id, userId, signal) {
  const [loan, wallet] = await Promise.all([get(`api/loans/${id}/`, null, signal), get("api/wallets/", null, signal)]);
  const mine = (loan.offers ?? []).find((offer) => offer.lender_id === userId);
  if (!RUNNING.includes(loan.status)) return { loan, wallet, mine, rows: [], payments: [] };
  const [schedule, payments] = await Promise.all([
    get(`api/loans/${id}/schedule/`, null, signal),
    get(`api/loans/${id}/payments/`, { limit: 100 }, signal),
  ]);
  return { loan, wallet, mine, rows: schedule.items, payments: payments.items };
}

export default function MarketLoan({ user, params: { id } }) {
  const page = useLoad((signal) => load(id, user.id, signal), [id]);
  const [said, setSaid] = useState(null);
  const confirm = useConfirm(user);
  const done = (text) => (setSaid(text), page.reload());
  return html`<p><a class="back" href="#/market">Open loans</a></p>
    ${said && html`<${Notice} kind="good" title=${said} />`}
    <${Loaded} of=${page}>${({ loan, wallet, mine, rows, payments }) => html`<div class="stack">
      <div class="title"><div><h1>${money(loan.amount)}${loan.purpose ? ` · ${loan.purpose}` : ""}</h1>
        <${Status} of=${shownStatus(loan)} /></div></div>
      ${mine && html`<${Mine} ...${{ loan, wallet, mine, confirm, done }} />`}
      <div class="grid"><${Card} title="Terms"><${Facts} of=${[
        ["Borrower", loan.borrower_username],
        ["Rate, at most", percent(loan.requested_rate)],
        loan.status !== "REQUESTED" && ["Rate", percent(loan.annual_interest_rate)],
        ["Months", loan.term_months],
        ["Covered so far", money(loan.accepted_amount)],
        ["Asked", dayText(loan.created_at)],
      ]} /><//>
      ${loan.status === "REQUESTED" && !mine && html`<${MakeOffer} ...${{ loan, wallet, confirm, done }} />`}</div>
      ${
        rows.length > 0 &&
        html`<${Card} title="Schedule of the loan"><${ScheduleRows} rows=${rows} /><//>
        <${Card} title="Payments"><${Payments} payments=${payments} /><//>`
      }</div>`}<//>${confirm.element}`;
}

function MakeOffer({ loan, wallet, confirm, done }) {
  const left = wire(cents(loan.amount) - cents(loan.accepted_amount));
  const form = useForm(
    { amount: plainMoney(left), annual_interest_rate: loan.requested_rate },
    {
      amount: (text, all) => {
        const found = rule.money()(text, all);
        return found.value && cents(found.value) > cents(loan.amount)
          ? { error: `At most ${money(loan.amount)}.` }
          : found;
      },
      annual_interest_rate: rule.rate({ most: loan.requested_rate }),
    },
  );
  const { values, isGood } = form.check();
  const state = useQuote(isGood ? { ...values, term_months: loan.term_months, method: loan.method } : null);
  const isReady = isGood && !state.isStale;
  const review = ({ amount, annual_interest_rate: rate }) =>
    isReady &&
    confirm.ask({
      slot: `offer:${loan.id}`,
      label: `Offer ${money(amount)}`,
      busyText: "Offering…",
      path: `api/loans/${loan.id}/offer/`,
      body: { annual_interest_rate: rate, amount },
      facts: [
        ["Rate", percent(rate)],
        ["Interest for you, if paid as planned", money(state.quote.total_interest)],
        ["In your wallet now", money(wallet.available)],
      ],
      note: "Nothing leaves your wallet yet. You pay in when the borrower has accepted offers for the whole amount.",
      onDone: () => done("Your offer is made. It can be withdrawn until it is accepted."),
      onRefused: (problem) => form.refuse(problem),
    });
  return html`<${Card} title="Your offer"><${Form} form=${form} onSubmit=${review} label="Your offer">
    <${MoneyField} form=${form} name="amount" label="Amount" hint=${`The whole of ${money(loan.amount)}, or a part.`} />
    <${RateField} form=${form} name="annual_interest_rate" label="Your rate"
      hint=${`At most ${percent(loan.requested_rate)}.`} />
    <${Income} state=${state} />
    <${Button} kind="primary wide" type="submit"
      aria-disabled=${isGood && !isReady ? "true" : undefined}>Review offer<//><//>
    ${state.quote && html`<${ScheduleChart} items=${state.quote.items} />`}<//>`;
}

function Income({ state }) {
  const { quote, isStale } = state;
  if (state.problem) return html`<${QuoteFacts} ...${state} />`;
  return html`<div aria-busy=${isStale} class=${isStale ? "stale" : ""}><${Facts} of=${[
    ["You would receive each month", quote ? money(quote.instalment) : "–"],
    ["Interest for you", quote ? html`<span class="in">+${money(quote.total_interest)}</span>` : "–"],
  ]} /></div>`;
}

/** What a lender pays when funding, as far as the offer tells: the part, and the share of the platform's fee. */
function dueAtFunding(offer) {
  return offer.due_at_funding ?? offer.accepted_amount;
}

function Mine({ loan, wallet, mine, confirm, done }) {
  const question = useQuestion();
  const due = dueAtFunding(mine);
  const missing = cents(due) - cents(wallet.available);
  const fund = () =>
    confirm.ask({
      slot: `fund:${loan.id}`,
      label: `Fund ${money(due)}`,
      busyText: "Funding…",
      path: `api/loans/${loan.id}/fund/`,
      body: {},
      facts: [
        ["Your part", money(mine.accepted_amount)],
        mine.fee_share && ["Platform fee", money(mine.fee_share)],
        ["From", "Your wallet"],
        ["Available now", money(wallet.available)],
        missing <= 0 && ["Left after", money(wire(-missing))],
      ],
      note: mine.fee_share ? null : "Your share of the platform's fee comes on top.",
      onDone: () => done("Funded. It counted once."),
      way: depositWay,
    });
  const withdraw = () =>
    question.ask({
      title: "Withdraw your offer?",
      verb: "Withdraw the offer",
      kind: "danger",
      busyText: "Withdrawing…",
      act: (key) => send("DELETE", `api/loans/${loan.id}/offer/`, { key }),
      onDone: () => done("Your offer is withdrawn."),
    });
  return html`<${Card} kind="hero" title="Your offer" aside=${html`<${Status}
      of=${mine.funded ? "ACTIVE" : mine.accepted ? "COMPLETED" : "PENDING"}
      word=${mine.funded ? "Paid in" : mine.accepted ? "Accepted" : "Waiting for the borrower"} />`}>
    <${Facts} of=${[
      ["Amount", money(mine.accepted ? mine.accepted_amount : mine.amount)],
      ["Rate", percent(mine.annual_interest_rate)],
      mine.accepted && !mine.funded && mine.fee_share && ["Platform fee", money(mine.fee_share)],
    ]} />
    ${
      loan.status === "PENDING_FUNDING" &&
      mine.accepted &&
      !mine.funded &&
      html`
      ${
        missing > 0 &&
        html`<${Notice} kind="warn" title=${`${money(wire(missing))} is missing in your wallet.`}>
        <p class="actions"><a class="button"
          href=${`#/wallet?add=${wire(missing)}`}>Deposit ${money(wire(missing))}</a></p><//>`
      }
      <${Button} kind="primary" onClick=${fund}>Fund ${money(due)}<//>`
    }
    ${loan.status === "REQUESTED" && mine.accepted && html`<p
      class="muted">Accepted. You pay in once the whole amount is covered.</p>`}
    ${!mine.accepted && loan.status === "REQUESTED" && html`<${Button} onClick=${withdraw}>Withdraw the offer<//>`}
    ${question.element}<//>`;
}
