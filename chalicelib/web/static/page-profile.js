/* The person, the password, and the colours of the pages. */

import { Button, Card, Facts, html, Loaded, Notice, Status, useLoad, useState } from "./ui.js";
import { Form, rule, TextField, useForm } from "./field.js";
import { dayText, today } from "./dates.js";
import { get, send } from "./api.js";
import { rememberUser, signIn } from "./session.js";

export default function Profile({ user }) {
  const profile = useLoad((signal) => get("api/users/profile/", null, signal));
  return html`<h1>Profile</h1>
    <${Loaded} of=${profile}>${(found) => html`<div class="grid"><${Person} person=${found} onSaved=${profile.put} />
      <div class="stack"><${Card} title="Account"><${Facts} of=${[
        ["User name", found.username],
        ["Role", found.role === "LENDER" ? "Lender" : found.role === "BORROWER" ? "Borrower" : "Operator"],
        ["Status", html`<${Status} of=${found.status} />`],
        ["Member since", dayText(found.created_at)],
      ]} /><//>
      <${Theme} /><${Password} username=${user.username} /></div></div>`}<//>`;
}

const email = (text) =>
  /^\S+@\S+\.\S+$/.test(text.trim())
    ? { value: text.trim() }
    : { error: "Enter an e-mail address, such as ann@example.com." };

function Person({ person, onSaved }) {
  const details = person.profile ?? {};
  const form = useForm(
    {
      first_name: person.first_name ?? "",
      last_name: person.last_name ?? "",
      email: person.email,
      "profile.phone_number": details.phone_number ?? "",
      "profile.date_of_birth": details.date_of_birth ?? "",
      "profile.address": details.address ?? "",
    },
    {
      email,
      "profile.date_of_birth": rule.optional,
      "profile.phone_number": rule.optional,
      "profile.address": rule.optional,
    },
  );
  const [isSaved, setSaved] = useState(false);
  const save = async (values) => {
    setSaved(false);
    const body = { first_name: values.first_name, last_name: values.last_name, email: values.email, profile: {} };
    for (const name of ["phone_number", "date_of_birth", "address"]) {
      if (values[`profile.${name}`]) body.profile[name] = values[`profile.${name}`];
    }
    const { data } = await send("PATCH", "api/users/profile/", { body });
    await rememberUser(data);
    onSaved(data);
    setSaved(true);
  };
  return html`<${Card} title="Person"><${Form} form=${form} onSubmit=${save} label="Person">
    ${isSaved && html`<${Notice} kind="good" title="Saved." />`}
    <div class="pair"><${TextField} form=${form} name="first_name" label="First name" autocomplete="given-name" />
      <${TextField} form=${form} name="last_name" label="Last name" autocomplete="family-name" /></div>
    <${TextField} form=${form} name="email" type="email" label="E-mail" autocomplete="email" />
    <${TextField} form=${form} name="profile.phone_number" type="tel" label="Telephone" autocomplete="tel" />
    <${TextField} form=${form} name="profile.date_of_birth" type="date" label="Date of birth" autocomplete="bday"
      max=${today()} />
    <${TextField} form=${form} name="profile.address" label="Address" autocomplete="street-address" />
    <${Button} kind="primary" type="submit" busy=${form.busy} busyText="Saving…">Save<//><//><//>`;
}

function Password({ username }) {
  const form = useForm(
    { current_password: "", new_password: "" },
    {
      current_password: rule.password,
      new_password: (text) => (text.length >= 8 ? { value: text } : { error: "Use at least 8 characters." }),
    },
  );
  const [isSaved, setSaved] = useState(false);
  const save = async (values) => {
    setSaved(false);
    await send("POST", "api/users/password/", { body: values });
    const body = { username, password: values.new_password }; // every refresh token has just ended: sign in anew
    await signIn((await send("POST", "api/users/login/", { body, open: true })).data);
    form.reset();
    setSaved(true);
  };
  return html`<${Card} title="Password"><${Form} form=${form} onSubmit=${save} label="Password">
    ${isSaved && html`<${Notice} kind="good" title="The password is changed.">Other devices have to sign in again.<//>`}
    <${TextField} form=${form} name="current_password" type="password" label="Password now"
      autocomplete="current-password" />
    <${TextField} form=${form} name="new_password" type="password" label="New password" autocomplete="new-password"
      hint="8 to 128 characters." />
    <${Button} type="submit" busy=${form.busy} busyText="Changing…">Change the password<//><//><//>`;
}

const THEMES = [
  ["", "monitor", "As the system"],
  ["light", "sun", "Light"],
  ["dark", "moon", "Dark"],
];

function Theme() {
  const [theme, setTheme] = useState(localStorage.getItem("theme") ?? "");
  const choose = (value) => {
    if (value) localStorage.setItem("theme", value);
    else localStorage.removeItem("theme");
    document.documentElement.dataset.theme = value;
    dispatchEvent(new Event("themechange"));
    setTheme(value);
  };
  return html`<${Card} title="Colours"><fieldset class="pair"><legend class="sr-only">Colours of the pages</legend>
    ${THEMES.map(
      ([value, , word]) => html`<label class="choice" key=${word}><input type="radio" name="theme"
      checked=${theme === value} onChange=${() => choose(value)} /><span>${word}</span></label>`,
    )}</fieldset><//>`;
}
