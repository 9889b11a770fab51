/* Failed webhook deliveries of all users, for operators. */

import { Card, html } from "./ui.js";
import { List, useList } from "./table.js";
import { attemptResult } from "./webhook-endpoints.js";
import { formatUtc } from "./dates.js";
import { MessageSections } from "./message-sections.js";

const lastAttempt = ({ attempts }) => attempts.at(-1);

const COLUMNS = [
  ["Created", (row) => formatUtc(row.created_at), { head: true }],
  ["Event", (row) => html`<div><code class="block">${row.event_type}</code>
      <span class="block muted small">${row.id}</span></div>`],
  ["User and endpoint", (row) => html`<div class="small">
      <a class="block" href=${`#/users/${row.user_id}`}>${row.user_id}</a>
      <span class="block muted">${row.endpoint_id}</span></div>`],
  ["Attempts", (row) => row.attempts.length, { num: true }],
  ["Last result", (row) => (lastAttempt(row) ? attemptResult(lastAttempt(row)) : "Not sent")],
];

export default function FailedDeliveries() {
  const list = useList("api/admin/webhook-deliveries/", { status: "FAILED" });
  return html`<h1>Messages</h1><${MessageSections} current="webhooks" />
    <${Card} title="Failed webhook deliveries">
      <p class="muted">These events did not reach their endpoint: every attempt failed, or the endpoint was disabled or
        deleted. Its owner sees them too, and can resend them while the endpoint exists.</p>
      <${List} list=${list} columns=${COLUMNS} caption="Failed webhook deliveries"
        keyOf=${(row) => `${row.endpoint_id} ${row.id}`}
        empty=${{ icon: "circle-check", title: "No failed deliveries." }} /><//>`;
}
