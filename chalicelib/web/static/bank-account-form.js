/* The form that adds a bank account, by IBAN or by US numbers. */

import { Button, Card, html, useRef } from "./ui.js";
import { Choices, Form, TextField, useForm, validate } from "./forms.js";
import { validateAccountNumber, validateIban, validateRoutingNumber } from "./bank-numbers.js";
import { send } from "./api.js";
import { usableFromText } from "./bank-account-choice.js";

const TYPES = [
  ["IBAN", "IBAN", "Most countries outside the United States."],
  ["US", "US account", "Routing number and account number."],
];
const onlyFor = (type, validator) => (text, texts) => (texts.type === type ? validator(text) : {});

export function BankAccountForm({ onDone, onBack }) {
  const form = useForm(
    { holder: "", type: "IBAN", iban: "", routing_number: "", account_number: "" },
    {
      holder: validate.required("the name of the account holder"),
      type: () => ({}), // chooses the fields that are sent
      iban: onlyFor("IBAN", validateIban),
      routing_number: onlyFor("US", validateRoutingNumber),
      account_number: onlyFor("US", validateAccountNumber),
    },
  );
  const sent = useRef({}); // the same details are sent again with the same key, so that they are added once
  const add = async (body) => {
    const content = JSON.stringify(body);
    if (sent.current.content !== content) sent.current = { content, key: crypto.randomUUID() };
    const { data } = await send("POST", "api/bank-accounts/", { body, key: sent.current.key });
    const waiting = usableFromText(data);
    onDone(waiting ? `Bank account added. ${waiting}` : "Bank account added. You can use it now.");
  };
  const isIban = form.texts.type === "IBAN";
  const numberField = { form, autocomplete: "off", spellcheck: false, inputmode: isIban ? "text" : "numeric" };
  return html`<${Card} title="Add a bank account"><${Form} form=${form} onSubmit=${add} label="Add a bank account">
    <${TextField} form=${form} name="holder" label="Account holder" autocomplete="name" maxlength="70"
      hint="Your full name, as it appears on the account." />
    <${Choices} form=${form} name="type" legend="Account type" options=${TYPES} />
    ${
      isIban
        ? html`<${TextField} ...${numberField} name="iban" label="IBAN"
            hint="You can find it on your bank statement or in your banking app." />`
        : html`<div class="pair"><${TextField} ...${numberField} name="routing_number" label="Routing number"
              hint="Nine digits." />
            <${TextField} ...${numberField} name="account_number" label="Account number"
              hint="4 to 17 digits." /></div>`
    }
    <p class="actions"><${Button} kind="primary" type="submit" busy=${form.busy}
        busyText="Adding…">Add bank account<//>
      <${Button} onClick=${onBack}>Back<//></p><//><//>`;
}
