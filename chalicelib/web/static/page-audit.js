/* The audit trail: what operators did and viewed, refused requests, failed sign-ins. */

import { Card, html } from "./ui.js";
import { AUDIT_COLUMNS } from "./audit-table.js";
import { List, useList } from "./table.js";

export default function Audit() {
  const list = useList("api/admin/audit/", {});
  return html`<h1>Audit trail</h1>
    <p class="lead">Changes and views by operators, refused requests and failed sign-ins. Entries can’t be changed.</p>
    <${Card}><${List} list=${list} columns=${AUDIT_COLUMNS} caption="Audit trail" keyOf=${(entry) => entry.id}
      empty=${{ icon: "scroll-text", title: "No activity yet." }} /><//>`;
}
