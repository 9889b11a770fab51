/* The card with the next payment of a loan. */

import { Button, Card, html, Status } from "./ui.js";
import { daysUntil, formatDate, formatRelativeDay } from "./dates.js";
import { formatCents, remainingAmount } from "./money.js";

/** Returns true if an instalment is overdue, even if the server has not marked it yet. */
export function isOverdue(instalment) {
  return instalment.status === "OVERDUE" || daysUntil(instalment.due_date) < 0;
}

/** An instalment with its amount, due date and a button that pays it; `title` is shown unless it is late. */
export function PaymentDue({ instalment, title, isLate, onPay, children }) {
  const amount = formatCents(remainingAmount(instalment));
  return html`<${Card} kind=${isLate ? "alarm" : "hero"}>
    <div class="title"><div class="stack-s"><p class="muted">${isLate ? html`<${Status} value="OVERDUE" />` : title}</p>
      <p class="figure">${amount}</p>
      <p>${isLate ? "Was due" : "Due"} ${formatDate(instalment.due_date)} <span
        class="muted">· ${formatRelativeDay(instalment.due_date)}</span></p>
      ${children}</div>
    <${Button} kind="primary" icon="wallet" onClick=${onPay}>Pay ${amount}<//></div><//>`;
}
