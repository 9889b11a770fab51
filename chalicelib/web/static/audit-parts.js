/* Entries of the audit trail. */

import { Empty, html, sentenceCase } from "./ui.js";
import { Table } from "./table.js";
import { utcText } from "./dates.js";

/** Who did what to whom, and when. */
export const AUDIT_COLUMNS = [
  ["When", (entry) => utcText(entry.created_at), { head: true }],
  ["Who", (entry) => entry.actor_username],
  ["What", (entry) => sentenceCase(entry.action)],
  ["Whom or which", (entry) => subjectOf(entry)],
  ["Why", (entry) => entry.details.reason || "–"],
  ["More", (entry) => detailsOf(entry.details)],
];

function subjectOf({ subject, details }) {
  const [kind, id] = subject.split(":");
  if (kind === "loan") return html`<a href=${`#/loans/${id}`}>Loan ${id}</a>`;
  return kind === "user" ? (details.username ?? `User ${id}`) : sentenceCase(subject);
}

function detailsOf({ reason, username, ...others }) {
  const words = Object.entries(others).map(([name, value]) => `${sentenceCase(name)}: ${value}`);
  return words.join(", ") || "–";
}

export function Entries({ entries }) {
  return entries.length === 0
    ? html`<${Empty} icon="scroll-text" title="Nothing yet." />`
    : html`<${Table} rows=${entries} columns=${AUDIT_COLUMNS} caption="Audit trail" keyOf=${(entry) => entry.id} />`;
}
