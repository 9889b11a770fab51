/* The queue of bank entries that are not assigned yet, and the entries assigned or sent back by operators. */

import { Card, html } from "./ui.js";
import { ClearFilters, SelectFilter } from "./filters.js";
import { LINE_LABELS, LineTable } from "./bank-lines.js";
import { PaymentSections } from "./payment-sections.js";

const DEFAULT_STATUS = "UNMATCHED";

export default function BankLines({ user, query }) {
  const status = query.get("status") ?? DEFAULT_STATUS;
  const options = Object.entries(LINE_LABELS).map(([value, [, label]]) => [value, label]);
  return html`<h1>Payments</h1><${PaymentSections} current="lines" />
    <${Card} title="Bank entries">
      <p class="muted">Entries of bank statements that could not be matched are kept in the account platform:suspense
        until you assign them or send them back.</p>
      <div class="filters" role="search" aria-label="Filter entries">
        <${SelectFilter} name="status" label="Status" value=${status} options=${options} hasAll=${false} /></div>
      <${LineTable} user=${user} filters=${{ status }} caption="Bank entries" empty=${
        status === DEFAULT_STATUS
          ? { icon: "circle-check", title: "No unmatched entries." }
          : {
              icon: "search",
              title: "No entries with this status.",
              action: html`<${ClearFilters} names=${["status"]} label="Show unmatched entries" />`,
            }
      } /><//>`;
}
