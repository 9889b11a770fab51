/* Asks for the password over the current page when the session has expired. */

import { Button, html } from "./ui.js";
import { Dialog } from "./dialog.js";
import { Form, TextField, useForm, validate } from "./forms.js";
import { post } from "./api.js";
import { signIn, signOut } from "./session.js";

export default function SignInAgain({ user, onDone }) {
  const form = useForm({ password: "" }, { password: validate.password });
  const submit = async ({ password }) => {
    await signIn(await post("api/users/login/", { username: user.username, password }, { isPublic: true }));
    onDone(true);
  };
  const handleSignOut = async () => {
    onDone(false);
    await signOut();
  };
  return html`<${Dialog} title="Your session has expired" onClose=${() => onDone(false)}>
    <p>Sign in as <strong>${user.username}</strong> to continue. Nothing on this page is lost.</p>
    <${Form} form=${form} onSubmit=${submit} label="Sign in again">
      <input class="sr-only" type="text" name="username" autocomplete="username" value=${user.username} readonly
        tabindex="-1" aria-hidden="true" />
      <${TextField} form=${form} name="password" type="password" label="Password" autocomplete="current-password" />
      <p class="actions end"><${Button} onClick=${handleSignOut}>Sign out<//>
        <${Button} kind="primary" type="submit" busy=${form.busy} busyText="Signing in…">Sign in<//></p>
    <//><//>`;
}
