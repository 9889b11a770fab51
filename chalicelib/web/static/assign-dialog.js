/* The dialog that assigns an unmatched bank entry to a transfer or to a user. */

import { Button, html, LoadedContent, useLoad, useState } from "./ui.js";
import { Choices, Form, SelectField, TextField, useForm } from "./forms.js";
import { formatMoney, toCents } from "./money.js";
import { get, send } from "./api.js";
import { Dialog } from "./dialog.js";
import { formatDate } from "./dates.js";
import { nameOf } from "./bank-lines.js";
import { statusOf } from "./transfer-states.js";

const OTHER = "other";
const TARGETS = [
  ["transfer", "A transfer", "The payment belongs to a deposit or withdrawal."],
  ["user", "A user", "The money is added to the user’s wallet as a new deposit."],
];

/** Returns open transfers of the entry's direction, those of the same amount first. */
async function candidatesFor(line, signal) {
  const isCredit = toCents(line.amount) > 0;
  const query = isCredit
    ? { direction: "DEPOSIT", status: "PENDING", limit: 100 }
    : { direction: "WITHDRAWAL", status: "SUBMITTED", limit: 100 };
  const { items } = await get("api/admin/transfers/", query, signal);
  const isSameAmount = ({ amount }) => toCents(amount) === Math.abs(toCents(line.amount));
  return [...items.filter(isSameAmount), ...items.filter((item) => !isSameAmount(item))];
}

/** Returns the id of the user with exactly this username, or null. */
async function findUserId(username) {
  const { items } = await get("api/admin/users/", { q: username, limit: 100 });
  return items.find((user) => user.username.toLowerCase() === username.toLowerCase())?.id ?? null;
}

export function AssignDialog({ line, onDone, onClose }) {
  const candidates = useLoad((signal) => candidatesFor(line, signal));
  return html`<${Dialog} title=${`Assign ${nameOf(line)}`} onClose=${onClose}>
    <${LoadedContent} state=${candidates}>${(transfers) => html`<${AssignForm}
      ...${{ line, transfers, onDone, onClose }} />`}<//><//>`;
}

function AssignForm({ line, transfers, onDone, onClose }) {
  const [key] = useState(() => crypto.randomUUID()); // one key for as long as the dialog is open
  const isCredit = toCents(line.amount) > 0;
  const form = useForm(
    { target: "transfer", transfer: transfers[0]?.id ?? OTHER, transfer_id: "", username: "" },
    {
      transfer_id: (text, { target, transfer }) =>
        target !== "transfer" || transfer !== OTHER || text.trim()
          ? { value: text.trim() }
          : { error: "Enter the ID of a transfer." },
      username: (text, { target }) =>
        target !== "user" || text.trim() ? { value: text.trim() } : { error: "Enter a username." },
    },
  );
  const submit = async ({ target, transfer, transfer_id: otherId, username }) => {
    const body = {};
    if (target === "transfer") {
      body.transfer_id = transfer === OTHER ? otherId : transfer;
    } else {
      body.user_id = await findUserId(username);
      if (!body.user_id) {
        return form.showProblem({ errors: [{ field: "username", message: "There is no user with this name." }] });
      }
    }
    await send("POST", `api/admin/bank/lines/${line.id}/assign/`, { body, key });
    return onDone();
  };
  const options = [
    ...transfers.map((transfer) => [transfer.id, describe(transfer)]),
    [OTHER, "Another transfer"],
  ];
  return html`<${Form} form=${form} onSubmit=${submit} label="Assign entry">
    ${isCredit && html`<${Choices} form=${form} name="target" legend="Assign to" options=${TARGETS} />`}
    ${
      form.texts.target === "transfer"
        ? html`<${SelectField} form=${form} name="transfer" label="Transfer" options=${options} />
          ${
            form.texts.transfer === OTHER &&
            html`<${TextField} form=${form} name="transfer_id" label="Transfer ID" autocomplete="off" />`
          }`
        : html`<${TextField} form=${form} name="username" label="Username" autocomplete="off" />`
    }
    <p class="actions end"><${Button} onClick=${onClose}>Back<//>
      <${Button} kind="primary" type="submit" busy=${form.busy} busyText="Assigning…">Assign<//></p><//>`;
}

function describe(transfer) {
  const { amount, username, created_at: created } = transfer;
  return `${formatMoney(amount)}, ${username}, ${formatDate(created)}, ${statusOf(transfer)[1].toLowerCase()}`;
}
