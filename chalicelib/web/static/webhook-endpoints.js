/* Texts and dialogs about webhook endpoints, shared by the developers' pages. */

import { Button, html, Notice, pluralise } from "./ui.js";
import { CopyButton } from "./copy-button.js";
import { Dialog } from "./dialog.js";

export const ENDPOINTS = "api/webhook-endpoints/";

const DISABLED = {
  owner: "You disabled this endpoint. It receives no events until you enable it again.",
  gone:
    "The receiver responded with 410 Gone, so we stopped sending events to it. Check the URL, then enable the " +
    "endpoint again.",
  failing:
    "Deliveries failed for three days in a row, so we stopped sending events to it. Fix the receiver, then enable " +
    "the endpoint again.",
};

const ERRORS = {
  address_refused: "Address not allowed",
  connection_failed: "Can’t connect",
  connection_lost: "Connection lost",
  invalid_response: "Invalid response",
  name_not_resolved: "Host name not found",
  timeout: "No response within 5 seconds",
  tls_failed: "Certificate not valid",
};

/** The reason for which an endpoint is off, as a sentence. */
export function disabledText({ disabled_reason: reason }) {
  return DISABLED[reason] ?? DISABLED.owner;
}

/** "All events", "payment.received" or "3 event types". */
export function eventTypesText({ event_types: types }) {
  if (types.includes("*")) return "All events";
  return types.length === 1 ? types[0] : pluralise(types.length, "event type");
}

/** Shows a secret once, after an endpoint was added or its secret rotated. */
export function SecretDialog({ secret, onClose, children }) {
  return html`<${Dialog} title="Copy your signing secret" onClose=${onClose}>
    <p>Verify the signature of each delivery with this secret. Store it like a password.</p>
    <code class="secret">${secret}</code>
    <p><${CopyButton} what="signing secret" text=${secret} /></p>
    <${Notice} kind="warn" title="You won’t be able to see it again.">${children}<//>
    <p class="actions end"><${Button} kind="primary" onClick=${onClose}>I’ve stored it<//></p><//>`;
}

/** The outcome of an attempt: "HTTP 200" or an error. */
export function attemptResult({ status_code: code, error }) {
  if (error) return ERRORS[error] ?? `${error.charAt(0).toUpperCase()}${error.slice(1).replaceAll("_", " ")}`;
  return code ? `HTTP ${code}` : "–";
}

/** A value as JSON, in a region that scrolls by itself. */
export function Json({ label, value }) {
  return html`<pre class="json" tabindex="0" role="region" aria-label=${label}>${JSON.stringify(value, null, 2)}</pre>`;
}
