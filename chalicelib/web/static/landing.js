/* The front page: what this is, and a quote to try. */

import { html, Icon, render, ROOT, useEffect, useState } from "./ui.js";
import { signedIn } from "./session.js";
import { MoneyField, RateField, rule, TextField, useForm } from "./field.js";
import { QuoteFacts, ScheduleChart, AprNote, useQuote } from "./quote.js";

const STEPS = [
  ["A borrower asks", "An amount, a number of months, and the highest rate that is acceptable."],
  ["Lenders offer", "The whole amount or a part, each at a rate. The borrower accepts what suits."],
  ["Lenders fund", "Once the amount is covered and paid in, it reaches the borrower's wallet."],
  ["Month by month", "Each payment returns principal and interest to the lenders, to the cent."],
];

function Landing() {
  const form = useForm(
    { amount: "5,000.00", term_months: "12", rate: "9.00" },
    {
      amount: rule.money(),
      term_months: rule.whole(1, 360),
      rate: rule.rate({ most: "50.00" }),
    },
  );
  const { values, isGood } = form.check();
  const state = useQuote(
    isGood ? { amount: values.amount, term_months: values.term_months, annual_interest_rate: values.rate } : null,
  );
  const [user, setUser] = useState(null);
  useEffect(() => void signedIn().then(setUser), []);
  const [way, word] = user?.role === "ADMIN" ? ["admin/", "Open the panel"] : ["app/", "Open the console"];
  return html`<header class="top"><a class="brand" href=${ROOT}><span class="mark" aria-hidden="true">
      <${Icon} name="arrow-left-right" /></span>Lending</a>
      <div class="account"><a class="button quiet" href=${`${ROOT}api/redoc/`}><span
        class="wide-only">For developers</span>
        <span class="narrow-only">API</span></a>
        ${
          user
            ? html`<a class="button primary" href=${ROOT + way}>${word}</a>`
            : html`<a class="button primary" href=${`${ROOT}app/#/sign-in`}>Sign in</a>`
        }</div></header>
    <main class="landing" id="main" tabindex="-1">
      <div class="grid"><div class="intro">
        <h1>Loans between people, to the cent.</h1>
        <p class="lead">Borrow from people who set their own rate, or lend and see each payment arrive. Every
          movement of money is kept in a double-entry ledger that always sums to zero.</p>
        <p class="actions"><a class="button primary" href=${`${ROOT}app/#/register`}>Open an account</a>
          <a class="button" href=${`${ROOT}app/#/sign-in`}>Sign in</a></p>
      </div>
      <section class="card hero" aria-labelledby="quote"><h2 id="quote">What would a loan cost?</h2>
        <form novalidate ref=${form.place} onSubmit=${(event) => event.preventDefault()} aria-label="Quote">
          <${MoneyField} form=${form} name="amount" label="Amount" />
          <div class="pair"><${TextField} form=${form} name="term_months" label="Months" inputmode="numeric" />
            <${RateField} form=${form} name="rate" label="Rate" /></div>
          <${QuoteFacts} ...${state} />
        </form><${AprNote} /></section></div>
      ${
        state.quote &&
        html`<section class=${`card ${state.isStale ? "stale" : ""}`} aria-labelledby="schedule">
        <h2 id="schedule">Payment by payment</h2><${ScheduleChart} items=${state.quote.items} /></section>`
      }
      <section class="card" aria-labelledby="how"><h2 id="how">How it works</h2>
        <ol class="steps grid">${STEPS.map(
          ([title, text]) => html`<li key=${title}><h3>${title}</h3>
          <p class="muted">${text}</p></li>`,
        )}</ol></section>
      <p class="muted small">Developers: <a href=${`${ROOT}api/swagger/`}>try the API</a>, read
        the <a href=${`${ROOT}api/redoc/`}>reference</a>. Operators: <a href=${`${ROOT}admin/`}>operator panel</a>.</p>
    </main>`;
}

render(html`<${Landing} />`, document.getElementById("root"));
