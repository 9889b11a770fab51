/* The progress of a transfer as a list of steps. */

import { html, Icon } from "./ui.js";
import { formatDateTime } from "./dates.js";
import { timelineOf } from "./transfer-states.js";

const ICONS = { done: "circle-check", current: "hourglass", next: "circle-dot", failed: "undo-2" };
const SPOKEN = { done: "done", current: "in progress", next: "not yet", failed: "ended" };

/** The steps of a transfer with their times, formatted by `format`. */
export function TransferTimeline({ transfer, format = formatDateTime }) {
  return html`<ol class="timeline">${timelineOf(transfer).map(
    ({ label, at, state }) => html`<li key=${label} class=${state}
      aria-current=${state === "current" ? "step" : undefined}><${Icon} name=${ICONS[state]} />
      <span><strong>${label}</strong><span class="sr-only">, ${SPOKEN[state]}</span>
      ${at && html`<small class="muted">${format(at)}</small>`}</span></li>`,
  )}</ol>`;
}
