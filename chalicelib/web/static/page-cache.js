/* The cache: how often it helps, and how to clear it. */

import { Button, Card, Facts, html, Loaded, Notice, sentenceCase, useLoad, useState } from "./ui.js";
import { Form, rule, SelectField, TextField, useForm } from "./field.js";
import { get, send } from "./api.js";

const SCOPES = [
  ["available-loans", "The list of open loans"],
  ["loan", "One loan"],
  ["all", "Everything"],
];

export default function Cache() {
  const cache = useLoad((signal) => get("api/admin/cache/", null, signal));
  return html`<h1>Cache</h1><div class="grid">
    <${Card} title="Use"><${Loaded} of=${cache}>${(found) => html`<p class="figure">${hitRate(found)}</p>
      <p class="muted">of what was looked up was found.</p>
      <${Facts} of=${Object.entries(found)
        .filter(([, value]) => typeof value !== "object")
        .map(([name, value]) => [sentenceCase(name), String(value)])} />`}<//>
      <${Button} icon="refresh-cw" busy=${cache.busy} onClick=${cache.reload}>Refresh<//><//>
    <${Clear} onDone=${cache.reload} /></div>`;
}

function hitRate({ hits = 0, misses = 0 }) {
  const asked = Number(hits) + Number(misses);
  return asked === 0 ? "Nothing yet" : `${((100 * hits) / asked).toFixed(1)} %`;
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
