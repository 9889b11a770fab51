/* Opening an account: the role and the person. */

import { Button, Card, html, Icon } from "./ui.js";
import { Form, TextField, useForm, validate } from "./forms.js";
import { post } from "./api.js";
import { signIn } from "./session.js";
import { navigate } from "./router.js";

const ROLES = [
  ["BORROWER", "I want to borrow", "Request a loan, choose from the offers and repay monthly.", "hand-coins"],
  ["LENDER", "I want to lend", "Lend at a rate you choose and receive principal and interest.", "chart-column"],
];

export default function Register() {
  const form = useForm(
    { role: "BORROWER", username: "", email: "", password: "", first_name: "", last_name: "" },
    {
      username: validate.required("a username"),
      email: validate.email,
      password: validate.newPassword,
      first_name: validate.optional,
      last_name: validate.optional,
    },
  );
  const submit = async (values) => {
    await post("api/users/register/", values, { isPublic: true });
    const { username, password } = values;
    await signIn(await post("api/users/login/", { username, password }, { isPublic: true }));
    navigate("/", { replace: true });
  };
  return html`<div class="narrow"><h1>Open an account</h1>
    <${Card}><${Form} form=${form} onSubmit=${submit} label="Open an account">
      <fieldset class="choices"><legend>What would you like to do?</legend>
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
      <${TextField} form=${form} name="username" label="Username" autocomplete="username" autocapitalize="none"
        spellcheck="false" />
      <${TextField} form=${form} name="email" type="email" label="Email" autocomplete="email" />
      <${TextField} form=${form} name="password" type="password" label="Password" autocomplete="new-password"
        hint="At least 8 characters. Avoid common passwords." />
      <${Button} kind="primary wide" type="submit" busy=${form.busy} busyText="Opening your account…">Continue<//>
    <//><//>
    <p class="below">Already have an account? <a href="#/sign-in">Sign in</a></p></div>`;
}
