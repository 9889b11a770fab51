/* The cache: how often it helps, and how to clear it. */

import { Button, Card, Facts, html, Loaded, Notice, useLoad, useState } from "./ui.js";
import { Form, rule, SelectField, TextField, useForm } from "./field.js";
import { get, send } from "./api.js";
import { percent } from "./money.js";

const SCOPES = [
  ["available-loans", "The list of open loans"],
  ["loan", "One loan"],
  ["all", "Everything"],
];

const BACKENDS = { off: "None: every answer is read anew", "in-process": "In this process", redis: "Shared server" };

export default function Cache() {
  const cache = useLoad((signal) => get("api/admin/cache/", null, signal));
  return html`<h1>Cache</h1><div class="grid">
    <${Card} title="Use"><${Loaded} of=${cache}>${(found) => html`
      ${
        !found.reachable &&
        html`<${Notice} kind="bad" title="The server does not answer.">Requests go on without it.<//>`
      }
      <p class="figure">${found.hit_rate === null ? "Nothing yet" : percent(found.hit_rate)}</p>
      <p class="muted">of what was looked up was found.</p>
      <${Facts} of=${[
        ["Where", BACKENDS[found.backend] ?? found.backend],
        ["Entries", found.entries],
        ["Found", found.hits],
        ["Not found", found.misses],
        ["Errors", found.errors],
        ["Cleared", found.invalidations],
      ]} />`}<//>
      <${Button} icon="refresh-cw" busy=${cache.busy} onClick=${cache.reload}>Refresh<//><//>
    <${Clear} onDone=${cache.reload} /></div>`;
}

function Clear({ onDone }) {
  const form = useForm(
    { scope: "available-loans", loan_id: "" },
    {
      loan_id: (text, all) => (all.scope === "loan" ? rule.required("the loan’s id")(text) : {}),
    },
  );
  const [isDone, setDone] = useState(false);
  const clear = async (values) => {
    setDone(false);
    await send("POST", "api/admin/cache/invalidate/", { body: values, key: crypto.randomUUID() });
    setDone(true);
    onDone();
  };
  return html`<${Card} title="Clear"><p class="muted">The next readers are a little slower; nothing else changes.</p>
    ${isDone && html`<${Notice} kind="good" title="Cleared." />`}
    <${Form} form=${form} onSubmit=${clear} label="Clear the cache">
      <${SelectField} form=${form} name="scope" label="What" options=${SCOPES} />
      ${form.texts.scope === "loan" && html`<${TextField} form=${form} name="loan_id" label="Loan id"
        spellcheck="false" />`}
      <${Button} kind="primary" type="submit" busy=${form.busy} busyText="Clearing…">Clear<//><//><//>`;
}
