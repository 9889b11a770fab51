/* The audit trail: what operators did. */

import { Card, html } from "./ui.js";
import { AUDIT_COLUMNS } from "./audit-table.js";
import { List, useList } from "./table.js";

export default function Audit() {
  const list = useList("api/admin/audit/", {});
  return html`<h1>Audit trail</h1><p class="lead">All operator activity. Entries can’t be changed or deleted.</p>
    <${Card}><${List} list=${list} columns=${AUDIT_COLUMNS} caption="Audit trail" keyOf=${(entry) => entry.id}
      empty=${{ icon: "scroll-text", title: "No activity yet." }} /><//>`;
}
