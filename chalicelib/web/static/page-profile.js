/* The profile: personal details, account, appearance, password. */

import { Button, Card, DescriptionList, html, LoadedContent, Notice, Status, useLoad, useState } from "./ui.js";
import { Form, TextField, useForm, validate } from "./forms.js";
import { formatDate, today } from "./dates.js";
import { get, send } from "./api.js";
import { signIn, updateStoredUser } from "./session.js";

const ROLES = { LENDER: "Lender", BORROWER: "Borrower", ADMIN: "Operator" };
const DETAILS = ["phone_number", "date_of_birth", "address"];

export default function Profile({ user }) {
  const profile = useLoad((signal) => get("api/users/profile/", null, signal));
  return html`<h1>Profile</h1>
    <${LoadedContent} state=${profile}>${(account) => html`<div class="grid">
      <${PersonalDetails} account=${account} onSaved=${profile.setData} />
      <div class="stack"><${Card} title="Account"><${DescriptionList} items=${[
        ["Username", account.username],
        ["Role", ROLES[account.role]],
        ["Status", html`<${Status} value=${account.status} />`],
        ["Member since", formatDate(account.created_at)],
      ]} />
      <ul class="links"><li><a href="#/notifications/preferences">Notification preferences</a></li>
        <li><a href="#/developers">Developers</a></li></ul><//>
      <${Appearance} /><${Password} username=${user.username} /></div></div>`}<//>`;
}

function PersonalDetails({ account, onSaved }) {
  const details = account.profile ?? {};
  const form = useForm(
    {
      first_name: account.first_name ?? "",
      last_name: account.last_name ?? "",
      email: account.email,
      current_password: "",
      "profile.phone_number": details.phone_number ?? "",
      "profile.date_of_birth": details.date_of_birth ?? "",
      "profile.address": details.address ?? "",
    },
    {
      email: validate.email,
      current_password: (text, { email }) =>
        email.trim() === account.email ? {} : text ? { value: text } : { error: "Enter your password." },
      "profile.date_of_birth": validate.optional,
      "profile.phone_number": validate.optional,
      "profile.address": validate.optional,
    },
  );
  const [isSaved, setSaved] = useState(false);
  const save = async (values) => {
    setSaved(false);
    const { first_name, last_name, email, current_password } = values;
    const body = { first_name, last_name, profile: {}, ...(current_password && { email, current_password }) };
    for (const name of DETAILS) {
      if (values[`profile.${name}`]) body.profile[name] = values[`profile.${name}`];
    }
    const { data } = await send("PATCH", "api/users/profile/", { body });
    await updateStoredUser(data);
    form.set("current_password", "");
    onSaved(data);
    setSaved(true);
  };
  return html`<${Card} title="Personal details"><${Form} form=${form} onSubmit=${save} label="Personal details">
    ${isSaved && html`<${Notice} kind="good" title="Changes saved." />`}
    <div class="pair"><${TextField} form=${form} name="first_name" label="First name" autocomplete="given-name" />
      <${TextField} form=${form} name="last_name" label="Last name" autocomplete="family-name" /></div>
    <${TextField} form=${form} name="email" type="email" label="Email" autocomplete="email" />
    ${
      form.texts.email.trim() !== account.email &&
      html`<${TextField} form=${form} name="current_password" type="password" label="Current password"
        autocomplete="current-password" hint="Changing your email requires your password." />`
    }
    <${TextField} form=${form} name="profile.phone_number" type="tel" label="Phone number" autocomplete="tel" />
    <${TextField} form=${form} name="profile.date_of_birth" type="date" label="Date of birth" autocomplete="bday"
      max=${today()} />
    <${TextField} form=${form} name="profile.address" label="Address" autocomplete="street-address" />
    <${Button} kind="primary" type="submit" busy=${form.busy} busyText="Saving…">Save<//><//><//>`;
}

function Password({ username }) {
  const form = useForm(
    { current_password: "", new_password: "" },
    { current_password: validate.password, new_password: validate.newPassword },
  );
  const [isSaved, setSaved] = useState(false);
  const save = async (values) => {
    setSaved(false);
    await send("POST", "api/users/password/", { body: values });
    const body = { username, password: values.new_password }; // the change has ended every session, this one included
    await signIn((await send("POST", "api/users/login/", { body, isPublic: true })).data);
    form.reset();
    setSaved(true);
  };
  return html`<${Card} title="Password"><${Form} form=${form} onSubmit=${save} label="Password">
    ${isSaved && html`<${Notice} kind="good" title="Password changed.">You are signed out on other devices.<//>`}
    <${TextField} form=${form} name="current_password" type="password" label="Current password"
      autocomplete="current-password" />
    <${TextField} form=${form} name="new_password" type="password" label="New password" autocomplete="new-password"
      hint="At least 8 characters. Avoid common passwords." />
    <${Button} type="submit" busy=${form.busy} busyText="Changing…">Change password<//><//><//>`;
}

const THEMES = [
  ["", "Use system setting"],
  ["light", "Light"],
  ["dark", "Dark"],
];

function Appearance() {
  const [theme, setTheme] = useState(localStorage.getItem("theme") ?? "");
  const choose = (value) => {
    if (value) localStorage.setItem("theme", value);
    else localStorage.removeItem("theme");
    document.documentElement.dataset.theme = value;
    dispatchEvent(new Event("themechange"));
    setTheme(value);
  };
  return html`<${Card} title="Appearance"><fieldset class="pair"><legend class="sr-only">Appearance</legend>
    ${THEMES.map(
      ([value, label]) => html`<label class="choice" key=${label}><input type="radio" name="theme"
      checked=${theme === value} onChange=${() => choose(value)} /><span>${label}</span></label>`,
    )}</fieldset><//>`;
}
