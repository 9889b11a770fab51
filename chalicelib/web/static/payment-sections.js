/* The navigation between the operators' pages about payments. */

import { html } from "./ui.js";

const SECTIONS = [
  ["transfers", "Transfers"],
  ["lines", "Bank entries"],
  ["statements", "Statements"],
  ["payouts", "Payouts"],
  ["notifications", "Notifications"],
];

/** The links to all sections; `current` is the name of the open one. */
export function PaymentSections({ current }) {
  return html`<nav class="tabs" aria-label="Payments"><ul>${SECTIONS.map(
    ([name, label]) => html`<li key=${name}><a href=${`#/payments/${name}`}
      aria-current=${name === current ? "page" : undefined}>${label}</a></li>`,
  )}</ul></nav>`;
}
