/* Turns off the emails of one type with the token of an email's link. Works without signing in. */

import { announce, Button, html, Notice, ProblemNotice, useState } from "./ui.js";
import { post } from "./api.js";

const INVALID = [400, 404, 410, 422];

export default function Unsubscribe({ user, query }) {
  const token = query.get("token") ?? "";
  const [done, setDone] = useState(null); // the type whose emails are turned off
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const unsubscribe = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const path = `api/notifications/unsubscribe/?token=${encodeURIComponent(token)}`;
      setDone(await post(path, undefined, { isPublic: true }));
      announce("You’re unsubscribed.");
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  if (!token || INVALID.includes(problem?.status)) return html`<${Invalid} />`;
  if (done) return html`<${Done} user=${user} title=${done.title} />`;
  return html`<div class="narrow"><h1>Unsubscribe from these emails?</h1>
    <p>We’ll stop sending you emails like the one you opened. You’ll still see these notifications in the app, and get
      emails about your account’s security.</p>
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    <p class="actions"><${Button} kind="primary" busy=${busy} busyText="Unsubscribing…"
      onClick=${unsubscribe}>Unsubscribe<//></p></div>`;
}

function Done({ user, title }) {
  return html`<div class="narrow"><h1>You’re unsubscribed</h1>
    <${Notice} kind="good" title=${`We won’t email you about this any more: ${title}.`} />
    <p>${
      user
        ? html`You can change this in your <a href="#/notifications/preferences">notification preferences</a>.`
        : html`Changed your mind? <a href="#/sign-in">Sign in</a> and open your notification preferences.`
    }</p></div>`;
}

function Invalid() {
  return html`<div class="narrow"><h1>This link doesn’t work</h1>
    <${Notice} kind="warn" title="The link is incomplete or no longer valid.">
      <p>Copy the whole link from the email, or sign in and turn off emails in your notification preferences.</p><//>
    <p><a href="#/notifications/preferences">Notification preferences</a></p></div>`;
}
