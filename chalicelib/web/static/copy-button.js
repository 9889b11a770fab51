/* A button that copies a text to the clipboard, and a list of values that each have one. */

import { announce, Button, html, useState } from "./ui.js";

const CONFIRMATION_MS = 2000;

/** Copies `text`; `what` names it for screen readers, such as "IBAN". */
export function CopyButton({ what, text }) {
  const [state, setState] = useState("ready");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
      announce(`${what} copied.`);
    } catch {
      setState("failed");
      announce(`${what} could not be copied. Select the text instead.`);
    }
    setTimeout(() => setState("ready"), CONFIRMATION_MS);
  };
  const labels = { ready: "Copy", copied: "Copied", failed: "Select and copy" };
  return html`<${Button} kind="small" icon=${state === "copied" ? "circle-check" : "copy"} onClick=${copy}
    aria-label=${`${labels[state]} ${what}`}>${labels[state]}<//>`;
}

/**
 * Terms and values, each with a copy button.
 * @param {{items: Array<[string, string, string?]>}} props term, value to copy, and the text shown if it differs
 */
export function CopyableList({ items }) {
  return html`<dl class="rows copyable">${items.filter(Boolean).map(
    ([term, value, shown = value]) => html`<div key=${term}><dt>${term}</dt>
      <dd><span class="value">${shown}</span> <${CopyButton} what=${term} text=${value} /></dd></div>`,
  )}</dl>`;
}
