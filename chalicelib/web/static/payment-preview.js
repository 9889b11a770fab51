/* The effect of a payment before it is made: what is charged, the schedule after it, what a payoff would save. */

import { DescriptionList, html, Notice, pluralise } from "./ui.js";
import { formatCents, formatMoney, remainingAmount, toCents } from "./money.js";
import { formatDate } from "./dates.js";
import { send } from "./api.js";
import { Table } from "./table.js";

/** Asks the API for the effect of a payment with this body, without charging it. */
export async function previewPayment(loanId, body) {
  return (await send("POST", `api/loans/${loanId}/pay/`, { body: { ...body, dry_run: true } })).data;
}

/** The effect of a payment. */
export function PaymentPreview({ preview: { payment, schedule, payoff_saving: saving, loan } }) {
  const isRecovery = loan.status === "DEFAULTED"; // nothing is scheduled any more: the whole amount is due
  const rest = isRecovery ? [] : schedule.items.filter((row) => row.status !== "PAID");
  const next = rest[0];
  return html`<div class="stack-s"><${DescriptionList} items=${[
    ["Principal", formatMoney(payment.principal)],
    ["Interest", formatMoney(payment.interest)],
    toCents(payment.late_fee) > 0 && ["Late fees", formatMoney(payment.late_fee)],
    isRecovery
      ? ["Still owed", formatMoney(loan.remaining_amount)]
      : ["Remaining principal", formatMoney(loan.outstanding_principal)],
    next && ["Payments left", `${rest.length}, last on ${formatDate(rest.at(-1).due_date)}`],
    next && ["Next payment", `${formatCents(remainingAmount(next))} on ${formatDate(next.due_date)}`],
  ]} />
    ${loan.status === "COMPLETED" && html`<p><strong>This pays off the loan.</strong></p>`}
    ${
      saving !== null &&
      toCents(saving) > 0 &&
      html`<${Notice} title=${`Paying off the loan now saves ${formatMoney(saving)} in interest.`} />`
    }
    ${
      next &&
      html`<details><summary>Schedule after this payment (${pluralise(rest.length, "payment")})</summary>
      <${Table} areCards=${false} caption="Schedule after this payment" rows=${rest} columns=${[
        ["No.", (row) => row.number],
        ["Due date", (row) => formatDate(row.due_date)],
        ["Remaining to pay", (row) => formatCents(remainingAmount(row)), { num: true }],
        ["Remaining principal", (row) => formatMoney(row.balance), { num: true }],
      ]} /></details>`
    }</div>`;
}
