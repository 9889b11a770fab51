/* Payouts: payment files that send the requested withdrawals to the bank. */

import { Button, Card, DescriptionList, EmptyState, html, LoadedContent, Notice, pluralise } from "./ui.js";
import { ProblemNotice, useLoad, useState } from "./ui.js";
import { formatCents, formatMoney, sumOf } from "./money.js";
import { List, useList } from "./table.js";
import { download, get } from "./api.js";
import { formatUtc } from "./dates.js";
import { PaymentSections } from "./payment-sections.js";
import { useConfirmation } from "./dialog.js";

const REQUESTED = { direction: "WITHDRAWAL", status: "REQUESTED", limit: 100 };
const PATH = "api/admin/bank/payouts/";
const MAX_TRANSFERS = 40;

export default function Payouts({ user }) {
  const payouts = useList(PATH, {});
  const requested = useLoad((signal) => get("api/admin/transfers/", REQUESTED, signal));
  const [created, setCreated] = useState(null);
  const [problem, setProblem] = useState(null);
  const confirmation = useConfirmation(user);
  const save = ({ id }) => {
    setProblem(null);
    download(`${PATH}${id}/`, null, `payout-${id}.xml`, "application/xml").catch(setProblem);
  };
  const columns = [
    ["Created", (row) => formatUtc(row.created_at), { head: true }],
    ["Withdrawals", (row) => row.count, { num: true }],
    ["Total", (row) => formatMoney(row.total), { num: true }],
    ["ID", (row) => html`<span class="mono">${row.id}</span>`],
    [
      "File",
      (row) => html`<${Button} kind="small" icon="download" onClick=${() => save(row)}
        aria-label=${`Download XML of payout ${row.id}`}>Download XML<//>`,
    ],
  ];
  const handleDone = (data) => (setCreated(data), requested.reload(), payouts.reload());
  return html`<h1>Payments</h1><${PaymentSections} current="payouts" />
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    ${created && html`<${CreatedPayout} payout=${created} onSave=${() => save(created)} />`}
    <${LoadedContent} state=${requested}>${({ items, next_cursor: cursor }) => html`<${NewPayout}
      transfers=${items} hasMore=${cursor !== null}
      onCreate=${() => confirmation.open(payoutConfirmation(items, cursor !== null, handleDone))} />`}<//>
    <${Card} title="Payouts"><${List} list=${payouts} columns=${columns} caption="Payouts" keyOf=${(row) => row.id}
      empty=${{ icon: "send", title: "No payouts yet." }} /><//>${confirmation.element}`;
}

function NewPayout({ transfers, hasMore, onCreate }) {
  if (transfers.length === 0) {
    return html`<${Card} title="Next payout"><${EmptyState} icon="circle-check"
      title="No withdrawals are waiting to be paid out." /><//>`;
  }
  return html`<${Card} title="Next payout"><p class="figure">${formatCents(sumOf(transfers, "amount"))}</p>
    <p>${pluralise(transfers.length, "withdrawal")}${hasMore ? " or more" : ""} requested. A payout includes up to
      ${` ${MAX_TRANSFERS}`} of them, oldest first.</p>
    <p class="actions"><${Button} kind="primary" icon="send" onClick=${onCreate}>Create payout<//>
      <a class="button" href="#/payments/transfers?direction=WITHDRAWAL&status=REQUESTED">View withdrawals</a></p><//>`;
}

function payoutConfirmation(transfers, hasMore, onDone) {
  return {
    slot: "payout:create",
    label: "Create payout",
    completed: "Payout created.",
    busyText: "Creating…",
    path: PATH,
    body: {},
    details: [
      ["Withdrawals requested", `${transfers.length}${hasMore ? "+" : ""}`],
      ["Total requested", formatCents(sumOf(transfers, "amount"))],
    ],
    note: "The users can’t cancel these withdrawals afterwards. Send the file to the bank once.",
    onDone,
    onRefused: () => onDone(null),
  };
}

function CreatedPayout({ payout, onSave }) {
  const skipped = payout.skipped?.length ?? 0;
  return html`<${Notice} kind="good" title=${`Payout of ${formatMoney(payout.total)} created.`}>
    <${DescriptionList} items=${[["Withdrawals", payout.count]]} />
    ${
      skipped > 0 &&
      html`<p>${pluralise(skipped, "withdrawal")} skipped, because the account is frozen, restricted or your own.</p>`
    }
    ${payout.has_more && html`<p>More withdrawals are waiting. Create another payout for them.</p>`}
    <p class="actions"><${Button} icon="download" onClick=${onSave}>Download XML<//></p><//>`;
}
