/* The landing page: an introduction and a live quote. */

import { html, Icon, render, ROOT, useEffect, useState } from "./ui.js";
import { currentUser } from "./session.js";
import { MoneyField, RateField, TextField, useForm, validate } from "./forms.js";
import { AprNote, QuoteSummary, ScheduleChart, useQuote } from "./quote.js";

const STEPS = [
  ["Request a loan", "Choose an amount, a term and the highest rate you would accept."],
  [
    "Receive offers",
    "Lenders offer all or part of the amount, each at their own rate. You accept the offers you like.",
  ],
  ["Get funded", "Once lenders have funded the full amount, it arrives in your wallet."],
  ["Repay monthly", "Each payment returns principal and interest to the lenders, exact to the cent."],
];

function Landing() {
  const form = useForm(
    { amount: "5,000.00", term_months: "12", rate: "9.00" },
    {
      amount: validate.money(),
      term_months: validate.wholeNumber(1, 360),
      rate: validate.rate({ max: "50.00" }),
    },
  );
  const { values, isValid } = form.check();
  const state = useQuote(
    isValid ? { amount: values.amount, term_months: values.term_months, annual_interest_rate: values.rate } : null,
  );
  const [user, setUser] = useState(null);
  useEffect(() => void currentUser().then(setUser), []);
  const [path, label] = user?.role === "ADMIN" ? ["admin/", "Go to operator panel"] : ["app/", "Go to console"];
  return html`<header class="top"><a class="brand" href=${ROOT}><span class="mark" aria-hidden="true">
      <${Icon} name="arrow-left-right" /></span>Lending</a>
      <div class="account"><a class="button quiet" href=${`${ROOT}api/redoc/`}><span
        class="wide-only">For developers</span>
        <span class="narrow-only">API</span></a>
        ${
          user
            ? html`<a class="button primary" href=${ROOT + path}>${label}</a>`
            : html`<a class="button primary" href=${`${ROOT}app/#/sign-in`}>Sign in</a>`
        }</div></header>
    <main class="landing" id="main" tabindex="-1">
      <div class="grid"><div class="intro">
        <h1>Peer-to-peer loans, exact to the cent.</h1>
        <p class="lead">Borrow from people who set their own rates, or lend and watch each payment arrive. A
          double-entry ledger records every movement of money and always balances.</p>
        <p class="actions"><a class="button primary" href=${`${ROOT}app/#/register`}>Open an account</a>
          <a class="button" href=${`${ROOT}app/#/sign-in`}>Sign in</a></p>
      </div>
      <section class="card hero" aria-labelledby="quote"><h2 id="quote">What would a loan cost?</h2>
        <form novalidate ref=${form.ref} onSubmit=${(event) => event.preventDefault()} aria-label="Quote">
          <${MoneyField} form=${form} name="amount" label="Amount" />
          <div class="pair"><${TextField} form=${form} name="term_months" label="Term (months)" inputmode="numeric" />
            <${RateField} form=${form} name="rate" label="Rate" /></div>
          <${QuoteSummary} ...${state} />
        </form><${AprNote} /></section></div>
      ${
        state.quote &&
        html`<section class=${`card ${state.isStale ? "stale" : ""}`} aria-labelledby="schedule">
        <h2 id="schedule">Repayment schedule</h2><${ScheduleChart} items=${state.quote.items} /></section>`
      }
      <section class="card" aria-labelledby="how"><h2 id="how">How it works</h2>
        <ol class="steps grid">${STEPS.map(
          ([title, text]) => html`<li key=${title}><h3>${title}</h3>
          <p class="muted">${text}</p></li>`,
        )}</ol></section>
      <p class="muted small">Developers: <a href=${`${ROOT}api/swagger/`}>try the API</a> or
        read <a href=${`${ROOT}api/redoc/`}>the reference</a>. Operators: go to
        the <a href=${`${ROOT}admin/`}>operator panel</a>.</p>
    </main>`;
}

render(html`<${Landing} />`, document.getElementById("root"));
