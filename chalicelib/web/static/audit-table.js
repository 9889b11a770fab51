/* A table of audit trail entries: what operators did and viewed, and security events. */

import { EmptyState, html, sentenceCase } from "./ui.js";
import { jobLabel } from "./jobs.js";
import { Table } from "./table.js";
import { formatUtc } from "./dates.js";

export const AUDIT_COLUMNS = [
  ["Time", (entry) => formatUtc(entry.created_at), { head: true }],
  ["User", (entry) => entry.actor_username ?? "Not signed in"],
  ["Action", (entry) => ACTIONS[entry.action] ?? sentenceCase(entry.action)],
  ["Target", targetOf],
  ["Reason", (entry) => entry.details.reason || "–"],
  ["Details", (entry) => detailsText(entry.details)],
];

const ACTIONS = {
  RUN_TASK: "Run job",
  VIEW_DATA: "View data",
  REQUEST_REFUSED: "Request refused",
  SIGN_IN_FAILED: "Sign-in failed",
  NEW_SIGN_IN: "Sign-in from a new network",
};

function targetOf({ subject, details }) {
  const [kind, id] = subject.split(":");
  if (kind === "task") return jobLabel(id);
  if (kind === "loan") return html`<a href=${`#/loans/${id}`}>Loan ${id}</a>`;
  if (kind === "statement") return html`<a href=${`#/payments/statements/${id}`}>Statement ${id}</a>`;
  if (kind === "identifier") return html`<span class="mono" title=${id}>${id.slice(0, 8)}…</span>`;
  return kind === "user" ? (details.username ?? `User ${id}`) : [sentenceCase(kind), id].filter(Boolean).join(" ");
}

function detailsText({ reason, username, route, ...others }) {
  const given = Object.entries(others).filter(([, value]) => value !== "");
  return [route, ...given.map(([name, value]) => `${sentenceCase(name)}: ${value}`)].filter(Boolean).join(", ") || "–";
}

export function AuditTable({ entries }) {
  return entries.length === 0
    ? html`<${EmptyState} icon="scroll-text" title="No activity yet." />`
    : html`<${Table} rows=${entries} columns=${AUDIT_COLUMNS} caption="Audit trail" keyOf=${(entry) => entry.id} />`;
}
