/* Autopay of a loan: a switch for the borrower, and the last attempts for both sides. */

import { Card, html, Status } from "./ui.js";
import { formatDate } from "./dates.js";
import { send } from "./api.js";
import { Table } from "./table.js";
import { useActionDialog } from "./dialog.js";

const REASONS = {
  insufficient_funds: "Not enough money in the wallet",
  account_frozen: "The account is frozen",
  account_restricted: "The account is restricted",
};

/** The borrower's card: on or off, with a switch and the last attempts. */
export function Autopay({ loan, done }) {
  const dialog = useActionDialog();
  const { enabled, attempts } = stateOf(loan);
  if (loan.status !== "FUNDED" && attempts.length === 0) return null;
  return html`<${Card} title="Autopay" aside=${
    loan.status === "FUNDED" &&
    html`<button type="button" class="switch" role="switch" aria-checked=${String(enabled)} aria-label="Autopay"
      onClick=${() => dialog.open(enabled ? turnOff(loan, done) : turnOn(loan, done))}>
      <i aria-hidden="true"></i>${enabled ? "On" : "Off"}</button>`
  }>
    <p>${borrowerText(loan.status, enabled)}</p>
    <${Attempts} attempts=${attempts} />${dialog.element}<//>`;
}

function borrowerText(status, enabled) {
  if (status !== "FUNDED") return "Autopay ended with this loan.";
  return enabled
    ? "We pay each instalment from your wallet on its due date. Keep enough money in your wallet."
    : "Turn on autopay to pay each instalment from your wallet on its due date.";
}

/** The lender’s card: on or off, and the last attempts. */
export function AutopayStatus({ loan }) {
  const { enabled, attempts } = stateOf(loan);
  if (!enabled && attempts.length === 0) return null;
  return html`<${Card} title="Autopay" aside=${html`<${Status}
      value=${enabled ? "ACTIVE" : "CANCELLED"} label=${enabled ? "On" : "Off"} />`}>
    <p>${
      enabled
        ? "The borrower’s instalments are paid automatically on their due dates."
        : "Instalments are not paid automatically."
    }</p><${Attempts} attempts=${attempts} /><//>`;
}

function stateOf({ autopay }) {
  return { enabled: autopay?.enabled ?? false, attempts: autopay?.attempts ?? [] };
}

function turnOn(loan, done) {
  return {
    title: "Turn on autopay?",
    text:
      "We pay each instalment from your wallet on its due date. If there is not enough money, we try again every " +
      "day for 5 days. You can turn autopay off at any time.",
    verb: "Turn on autopay",
    busyText: "Turning on…",
    send: (key) => send("PUT", `api/loans/${loan.id}/autopay/`, { key }),
    onDone: () => done("Autopay is on."),
  };
}

function turnOff(loan, done) {
  return {
    title: "Turn off autopay?",
    text: "You then pay each instalment yourself. Late payments can cost interest and fees.",
    verb: "Turn off autopay",
    busyText: "Turning off…",
    send: (key) => send("DELETE", `api/loans/${loan.id}/autopay/`, { key }),
    onDone: () => done("Autopay is off."),
  };
}

/** The attempts, newest first. Lenders do not see why one failed. */
function Attempts({ attempts }) {
  if (attempts.length === 0) return null;
  const columns = [
    ["Date", ({ on }) => formatDate(on), { head: true }],
    ["Instalment", ({ number }) => number, { num: true }],
    ["Result", ({ status }) => html`<${Status} ...${resultOf(status)} />`],
  ];
  if (attempts.some(({ code }) => code)) columns.push(["Reason", reasonOf]);
  return html`<${Table} rows=${[...attempts].reverse()} caption="Recent autopay attempts" columns=${columns}
    keyOf=${({ on, number }) => `${on}-${number}`} />`;
}

function reasonOf({ code }) {
  return code ? (REASONS[code] ?? code.replaceAll("_", " ")) : "–";
}

function resultOf(status) {
  return status === "PAID" ? { value: "PAID" } : { value: "OVERDUE", label: "Failed" };
}
