/* Notifications of the payment provider that contradict a transfer's state, and were not applied. */

import { Card, html, sentenceCase } from "./ui.js";
import { List, useList } from "./table.js";
import { formatUtc } from "./dates.js";
import { PaymentSections } from "./payment-sections.js";

const COLUMNS = [
  ["Received", (row) => formatUtc(row.received_at ?? row.created_at), { head: true }],
  ["Event", (row) => sentenceCase(row.type.replace(".", " "))],
  ["Transfer", (row) => html`<span class="mono">${row.transfer_id ?? "–"}</span>`],
  ["Reason", (row) => row.reason ?? "–"],
  ["Event ID", (row) => html`<span class="mono">${row.id}</span>`],
];

export default function Notifications() {
  const list = useList("api/admin/transfers/notifications/", {});
  return html`<h1>Payments</h1><${PaymentSections} current="notifications" />
    <${Card} title="Refused notifications">
      <p class="muted">The payment provider reported something that can’t be true, such as a failure after a settlement.
        These notifications were not applied. Compare them with the provider’s own records.</p>
      <${List} list=${list} columns=${COLUMNS} caption="Refused notifications" keyOf=${(row) => row.id}
        empty=${{ icon: "circle-check", title: "No refused notifications." }} /><//>`;
}
