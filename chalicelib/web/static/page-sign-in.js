/* Signing in. */

import { Button, Card, html } from "./ui.js";
import { Form, rule, TextField, useForm } from "./field.js";
import { post } from "./api.js";
import { signIn } from "./session.js";
import { go, here } from "./router.js";

export default function SignIn() {
  const form = useForm(
    { username: "", password: "" },
    {
      username: rule.required("your user name or e-mail"),
      password: rule.password,
    },
  );
  const submit = async (values) => {
    const answer = await post("api/users/login/", values, { open: true });
    await signIn(answer);
    if (here().path === "/sign-in") go("/", { replace: true });
  };
  return html`<div class="narrow"><h1>Sign in</h1>
    <${Card}><${Form} form=${form} onSubmit=${submit} label="Sign in">
      <${TextField} form=${form} name="username" label="User name or e-mail" autocomplete="username"
        autocapitalize="none" spellcheck="false" />
      <${TextField} form=${form} name="password" type="password" label="Password" autocomplete="current-password" />
      <${Button} kind="primary wide" type="submit" busy=${form.busy} busyText="Signing in…">Sign in<//>
    <//><//>
    <p class="below">New here? <a href="#/register">Open an account</a></p></div>`;
}
