/* One bank statement: its figures and its entries. */

import { Card, html, LoadedContent, Notice, useEffect, useLoad } from "./ui.js";
import { Difference, periodOf, StatementStatus } from "./page-statements.js";
import { formatUtc } from "./dates.js";
import { LineTable } from "./bank-lines.js";
import { formatCents, formatMoney, toCents } from "./money.js";
import { get } from "./api.js";
import { PaymentSections } from "./payment-sections.js";

const POLL_MS = 2000;

export default function Statement({ user, params: { id }, query }) {
  const page = useLoad((signal) => get(`api/admin/bank/statements/${id}/`, null, signal), [id]);
  const isImporting = page.data?.status === "importing";
  useEffect(() => {
    if (!isImporting) return undefined;
    const timer = setInterval(page.reload, POLL_MS);
    return () => clearInterval(timer);
  }, [isImporting]);
  return html`<p><a class="back" href="#/payments/statements">Statements</a></p>
    <${LoadedContent} state=${page}>${(statement) => html`<div class="stack">
      <div class="title"><div><h1>Statement ${periodOf(statement)}</h1>
        <${StatementStatus} statement=${statement} /></div></div>
      <${PaymentSections} current="statements" />
      ${query.get("repeated") && html`<${Notice} title="This file was already imported. Nothing has changed." />`}
      ${
        isImporting &&
        html`<${Notice} title="The import continues in the background.">
        <progress aria-label="The statement is being imported"></progress><//>`
      }
      <${Figures} statement=${statement} />
      <${Card} title="Entries"><${LineTable} key=${statement.status} user=${user} filters=${{ statement_id: id }}
        caption="Entries of this statement" onChanged=${page.reload}
        empty=${{ icon: "file-text", title: "This statement has no entries." }} /><//></div>`}<//>`;
}

function differenceText(difference) {
  const direction = toCents(difference) < 0 ? "lower" : "higher";
  return `The bank’s balance is ${formatCents(Math.abs(toCents(difference)))} ${direction} than the ledger’s.`;
}

/** The likely cause of a difference, and what to do about it. */
function causeText({ opening_balance: opening, previous_closing_balance: previous }) {
  if (!previous) return "If the account was not empty before this statement, import the earlier statements too.";
  return toCents(previous) === toCents(opening)
    ? "An earlier statement may be missing. Compare the bank’s entries with the ledger account external:cash."
    : `The previous statement closed at ${formatMoney(previous)}. Import the statements in between.`;
}

function Figures({ statement }) {
  const hasDifference = statement.difference && toCents(statement.difference) !== 0;
  const tile = (term, value, extra) => html`<div class="tile"><p class="term">${term}</p>
    <p class="figure m">${value}</p>${extra}</div>`;
  return html`${
    hasDifference &&
    statement.status === "done" &&
    html`<${Notice} kind="bad" title=${differenceText(statement.difference)}><p>
      ${causeText(statement)} Stop payouts until the difference is explained.</p><//>`
  }
    <div class="grid tiles">${tile("Entries", statement.lines)}
    ${tile("Matched", statement.matched)}
    ${tile(
      "Unmatched",
      statement.unmatched,
      statement.unmatched > 0 && html`<a class="small" href="#/payments/lines">Review entries</a>`,
    )}
    ${tile("Returned", statement.returned)}
    ${statement.duplicates > 0 && tile("Already booked", statement.duplicates)}</div>
    <div class="grid tiles">${tile("Opening balance", formatMoney(statement.opening_balance))}
    ${tile("Closing balance", formatMoney(statement.closing_balance))}
    ${tile("Difference", html`<${Difference} amount=${statement.difference} />`)}</div>
    <p class="muted small">Account ${statement.iban} · imported ${formatUtc(statement.created_at)}</p>`;
}
