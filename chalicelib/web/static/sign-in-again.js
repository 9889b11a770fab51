/* The password once more, over the page that was being used. */

import { Button, html } from "./ui.js";
import { Dialog } from "./dialog.js";
import { Form, rule, TextField, useForm } from "./field.js";
import { post } from "./api.js";
import { signIn, signOut } from "./session.js";

export default function SignInAgain({ user, onDone }) {
  const form = useForm({ password: "" }, { password: rule.password });
  const submit = async ({ password }) => {
    await signIn(await post("api/users/login/", { username: user.username, password }, { open: true }));
    onDone(true);
  };
  const leave = async () => {
    onDone(false);
    await signOut();
  };
  return html`<${Dialog} title="Your session has ended" onClose=${() => onDone(false)}>
    <p>Nothing on the page is lost. Sign in as <strong>${user.username}</strong> to go on.</p>
    <${Form} form=${form} onSubmit=${submit} label="Sign in again">
      <input class="sr-only" type="text" name="username" autocomplete="username" value=${user.username} readonly
        tabindex="-1" aria-hidden="true" />
      <${TextField} form=${form} name="password" type="password" label="Password" autocomplete="current-password" />
      <p class="actions end"><${Button} onClick=${leave}>Sign out<//>
        <${Button} kind="primary" type="submit" busy=${form.busy} busyText="Signing in…">Sign in<//></p>
    <//><//>`;
}
