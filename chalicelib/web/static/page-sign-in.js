/* The sign-in page. */

import { Button, Card, html } from "./ui.js";
import { Form, TextField, useForm, validate } from "./forms.js";
import { post } from "./api.js";
import { signIn } from "./session.js";
import { currentRoute, navigate } from "./router.js";

export default function SignIn() {
  const form = useForm(
    { username: "", password: "" },
    { username: validate.required("your username or email"), password: validate.password },
  );
  const submit = async (values) => {
    await signIn(await post("api/users/login/", values, { isPublic: true }));
    if (currentRoute().path === "/sign-in") navigate("/", { replace: true });
  };
  return html`<div class="narrow"><h1>Sign in</h1>
    <${Card}><${Form} form=${form} onSubmit=${submit} label="Sign in">
      <${TextField} form=${form} name="username" label="Username or email" autocomplete="username"
        autocapitalize="none" spellcheck="false" />
      <${TextField} form=${form} name="password" type="password" label="Password" autocomplete="current-password" />
      <${Button} kind="primary wide" type="submit" busy=${form.busy} busyText="Signing in…">Sign in<//>
    <//><//>
    <p class="below">New here? <a href="#/register">Open an account</a></p></div>`;
}
