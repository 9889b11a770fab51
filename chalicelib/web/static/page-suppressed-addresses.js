/* Addresses that get no email because a message bounced or was reported as spam, for operators. */

import { Button, Card, html, Notice, sentenceCase, useState } from "./ui.js";
import { List, useList } from "./table.js";
import { formatUtc } from "./dates.js";
import { MessageSections } from "./message-sections.js";
import { send } from "./api.js";
import { useActionDialog } from "./dialog.js";

const PATH = "api/admin/suppressed-addresses/";
const REASONS = { bounce: "Email bounced", complaint: "Reported as spam" };

const COLUMNS = [
  ["Since", (row) => formatUtc(row.suppressed_at), { head: true }],
  ["Address", ({ address }) => address ?? "The user has a new address"],
  ["Reason", ({ reason }) => REASONS[reason?.toLowerCase()] ?? sentenceCase(reason)],
];

export default function SuppressedAddresses() {
  const list = useList(PATH, {});
  const [notice, setNotice] = useState(null);
  const dialog = useActionDialog();
  const done = () => (setNotice("Address removed from the list."), list.reload());
  const action = (row) =>
    html`<${Button} kind="small" onClick=${() => dialog.open(removal(row, done))}
      aria-label=${`Remove ${nameOf(row)}`}>Remove<//>`;
  return html`<h1>Messages</h1><${MessageSections} current="suppressed" />
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    <${Card} title="Suppressed addresses">
      <p class="muted">We send no email to these addresses, because a message bounced or the recipient reported it as
        spam. Remove an address after its owner has confirmed that it works.</p>
      <${List} list=${list} columns=${[...COLUMNS, ["Actions", action]]} caption="Suppressed addresses"
        keyOf=${(row) => row.id} empty=${{ icon: "circle-check", title: "No suppressed addresses." }} /><//>
    ${dialog.element}`;
}

const nameOf = ({ address }) => address ?? "this address";

function removal({ id, ...row }, done) {
  return {
    title: `Send email to ${nameOf(row)} again?`,
    text: "If the next email bounces too, the address is added again. Too many bounces harm delivery to all users.",
    verb: "Remove address",
    kind: "danger",
    busyText: "Removing…",
    send: (key) => send("DELETE", `${PATH}${encodeURIComponent(id)}/`, { key }),
    onDone: done,
  };
}
