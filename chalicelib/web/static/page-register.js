/* Opening an account: what for, and who. */

import { Button, Card, html, Icon } from "./ui.js";
import { Form, rule, TextField, useForm } from "./field.js";
import { post } from "./api.js";
import { signIn } from "./session.js";
import { go } from "./router.js";

const ROLES = [
  ["BORROWER", "I want to borrow", "Ask for a loan, choose among offers, pay back month by month.", "hand-coins"],
  ["LENDER", "I want to lend", "Offer money at your rate and receive principal and interest.", "chart-column"],
];
const newPassword = (text) =>
  text.length >= 8 && text.length <= 128 ? { value: text } : { error: "Use 8 to 128 characters." };

export default function Register() {
  const form = useForm(
    { role: "BORROWER", username: "", email: "", password: "", first_name: "", last_name: "" },
    {
      username: rule.required("a user name"),
      email: (text) =>
        /^\S+@\S+\.\S+$/.test(text.trim())
          ? { value: text.trim() }
          : { error: "Enter an e-mail address, such as ann@example.com." },
      password: newPassword,
      first_name: rule.optional,
      last_name: rule.optional,
    },
  );
  const submit = async (values) => {
    await post("api/users/register/", values, { open: true });
    const { username, password } = values;
    await signIn(await post("api/users/login/", { username, password }, { open: true }));
    go("/", { replace: true });
  };
  return html`<div class="narrow"><h1>Open an account</h1>
    <${Card}><${Form} form=${form} onSubmit=${submit} label="Open an account">
      <fieldset class="choices"><legend>What brings you here?</legend>
        ${ROLES.map(
          ([role, title, text, icon]) => html`<label class="choice" key=${role}>
          <input type="radio" name="role" value=${role} checked=${form.texts.role === role}
            onChange=${() => form.set("role", role)} />
          <${Icon} name=${icon} /><span><strong>${title}</strong><small>${text}</small></span></label>`,
        )}
      </fieldset>
      <div class="pair">
        <${TextField} form=${form} name="first_name" label="First name (optional)" autocomplete="given-name" />
        <${TextField} form=${form} name="last_name" label="Last name (optional)" autocomplete="family-name" />
      </div>
      <${TextField} form=${form} name="username" label="User name" autocomplete="username" autocapitalize="none"
        spellcheck="false" />
      <${TextField} form=${form} name="email" type="email" label="E-mail" autocomplete="email" />
      <${TextField} form=${form} name="password" type="password" label="Password" autocomplete="new-password"
        hint="At least 8 characters, and not one of the commonest." />
      <${Button} kind="primary wide" type="submit" busy=${form.busy} busyText="Opening the account…">Continue<//>
    <//><//>
    <p class="below">You have an account? <a href="#/sign-in">Sign in</a></p></div>`;
}
