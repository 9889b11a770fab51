/* The audit trail: nobody can change or delete it. */

import { Card, html } from "./ui.js";
import { AUDIT_COLUMNS } from "./audit-parts.js";
import { List, useList } from "./table.js";

export default function Audit() {
  const list = useList("api/admin/audit/", {});
  return html`<h1>Audit trail</h1><p class="lead">Who did what, and when. No call can change or delete an entry.</p>
    <${Card}><${List} list=${list} columns=${AUDIT_COLUMNS} caption="Audit trail" keyOf=${(entry) => entry.id}
      empty=${{ icon: "scroll-text", title: "Nothing yet." }} /><//>`;
}
