/* The dialog that rejects a withdrawal which the bank does not pay. */

import { Button, html, useState } from "./ui.js";
import { Form, TextField, useForm, validate } from "./forms.js";
import { Dialog } from "./dialog.js";
import { formatMoney } from "./money.js";
import { send } from "./api.js";

/** "€12.00 to ann": names a withdrawal in labels and dialogs. */
export function withdrawalName({ amount, username }) {
  return `${formatMoney(amount)} to ${username}`;
}

export function RejectDialog({ transfer, onDone, onClose }) {
  const form = useForm({ reason: "" }, { reason: validate.required("a reason for the audit trail") });
  const [key] = useState(() => crypto.randomUUID()); // one key for as long as the dialog is open
  const submit = async ({ reason }) => {
    await send("POST", `api/admin/transfers/${transfer.id}/reject/`, { body: { reason }, key });
    onDone();
  };
  return html`<${Dialog} title=${`Reject ${withdrawalName(transfer)}?`} onClose=${onClose}>
    <p>The money becomes available to the user again. Only reject a withdrawal that the bank does not pay.</p>
    <${Form} form=${form} onSubmit=${submit} label="Reject withdrawal"><${TextField} form=${form}
      name="reason" label="Reason" maxlength="255" />
      <p class="actions end"><${Button} onClick=${onClose}>Back<//><${Button} kind="primary danger" type="submit"
        busy=${form.busy} busyText="Rejecting…">Reject withdrawal<//></p><//><//>`;
}
