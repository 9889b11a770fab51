/* The navigation between the operators' pages about messages to users and their programs. */

import { html } from "./ui.js";

const SECTIONS = [
  ["webhooks", "Webhook deliveries"],
  ["suppressed", "Suppressed addresses"],
];

/** The links to all sections; `current` is the name of the open one. */
export function MessageSections({ current }) {
  return html`<nav class="tabs" aria-label="Messages"><ul>${SECTIONS.map(
    ([name, label]) => html`<li key=${name}><a href=${`#/messages/${name}`}
      aria-current=${name === current ? "page" : undefined}>${label}</a></li>`,
  )}</ul></nav>`;
}
