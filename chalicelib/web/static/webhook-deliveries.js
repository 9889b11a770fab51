/* The deliveries of a webhook endpoint with their attempts. A delivery can be sent again. */

import { Button, Card, EmptyState, html, LoadedContent, pluralise, Status, useEffect, useRef, useState } from "./ui.js";
import { ClearFilters, SelectFilter } from "./filters.js";
import { LoadMore, Table, useList } from "./table.js";
import { attemptResult, ENDPOINTS, Json } from "./webhook-endpoints.js";
import { formatDateTime } from "./dates.js";

/** The status of a delivery: [value, label]. */
export const DELIVERY_STATUSES = {
  PENDING: ["PENDING_FUNDING", "Pending"],
  SUCCEEDED: ["COMPLETED", "Delivered"],
  FAILED: ["OVERDUE", "Failed"],
};
const FOLLOW_UP_MS = [1500, 4000, 8000];

/** The label of a delivery's status. */
export function DeliveryStatus({ status }) {
  const [value, label] = DELIVERY_STATUSES[status] ?? [undefined, status];
  return html`<${Status} value=${value} label=${label} />`;
}

const ATTEMPT_COLUMNS = [
  ["Time", ({ at }) => formatDateTime(at), { head: true }],
  ["Result", attemptResult],
  ["Duration", ({ duration_ms: duration }) => `${duration} ms`, { num: true }],
  ["Response", ({ response_excerpt: text }) => (text ? html`<code class="excerpt">${text}</code>` : "–")],
];

/** `changes` counts what the page sent; after each, the list is loaded again until the outcome can be expected. */
export function Deliveries({ endpoint, status, changes, onResend }) {
  const list = useList(`${ENDPOINTS}${endpoint.id}/deliveries/`, { status });
  useEffect(() => {
    if (!changes) return undefined;
    list.reload();
    const timers = FOLLOW_UP_MS.map((delay) => setTimeout(list.reload, delay));
    return () => timers.forEach(clearTimeout);
  }, [changes]);
  const options = Object.entries(DELIVERY_STATUSES).map(([value, [, label]]) => [value, label]);
  return html`<${Card} title="Deliveries" aside=${html`<${Button} kind="small" icon="refresh-cw"
      onClick=${list.reload}>Refresh<//>`}>
    <div class="filters"><${SelectFilter} name="status" label="Status" value=${status} options=${options} /></div>
    <${LoadedContent} state=${list}>${(rows) =>
      rows.length === 0 && !list.hasMore
        ? html`<${Empty} status=${status} />`
        : html`<${Items} rows=${rows} firstNew=${list.firstNew} onResend=${onResend} />
            <${LoadMore} list=${list} />`}<//><//>`;
}

function Empty({ status }) {
  return status
    ? html`<${EmptyState} icon="search" title="No deliveries with this status.">
        <${ClearFilters} names=${["status"]} label="Show all" /><//>`
    : html`<${EmptyState} icon="send" title="No deliveries yet."><p>Send a test event to try your receiver.</p><//>`;
}

function Items({ rows, firstNew, onResend }) {
  const items = useRef(null);
  useEffect(() => {
    if (firstNew) items.current?.children[firstNew]?.querySelector("summary").focus();
  }, [firstNew]);
  return html`<ul class="deliveries" ref=${items}>${rows.map(
    (row) => html`<li key=${row.id}><${Delivery} delivery=${row} onResend=${() => onResend(row)} /></li>`,
  )}</ul>`;
}

function Delivery({ delivery, onResend }) {
  const { event_type: type, event_id: eventId, status, created_at: createdAt, attempts } = delivery;
  const [isOpen, setOpen] = useState(false);
  return html`<details onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary><code>${type}</code> <${DeliveryStatus} status=${status} />
      <span class="block muted small">${formatDateTime(createdAt)}, ${pluralise(attempts.length, "attempt")}</span>
    </summary>
    ${
      isOpen &&
      html`<div class="stack-s">
      ${
        delivery.next_attempt_at && html`<p>Next attempt: ${formatDateTime(delivery.next_attempt_at)}.</p>`
      }
      ${
        attempts.length > 0 &&
        html`<${Table} rows=${[...attempts].reverse()} columns=${ATTEMPT_COLUMNS}
          caption=${`Attempts of ${eventId}`} />`
      }
      <p class="small">Event ID and <code>webhook-id</code>: <code>${eventId}</code></p>
      <${Json} label=${`Event ${eventId}`} value=${delivery.event} />
      <p><${Button} kind="small" icon="send" onClick=${onResend}
        aria-label=${`Resend ${type} ${eventId}`}>Resend<//></p>
    </div>`
    }</details>`;
}
