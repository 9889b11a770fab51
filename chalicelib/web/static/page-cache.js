/* The cache: its hit rate, and a form that clears it. */

import { Button, Card, DescriptionList, html, LoadedContent, Notice, useLoad, useState } from "./ui.js";
import { Form, SelectField, TextField, useForm, validate } from "./forms.js";
import { get, send } from "./api.js";
import { formatPercent } from "./money.js";

const SCOPES = [
  ["available-loans", "The list of open loans"],
  ["loan", "One loan"],
  ["all", "Everything"],
];
const BACKENDS = { off: "Disabled", "in-process": "Memory of this process", redis: "Shared Redis server" };

export default function Cache() {
  const cache = useLoad((signal) => get("api/admin/cache/", null, signal));
  return html`<h1>Cache</h1><div class="grid">
    <${Card} title="Usage"><${LoadedContent} state=${cache}>${(found) => html`
      ${
        !found.reachable &&
        html`<${Notice} kind="bad" title="The cache server is not responding.">Requests continue without it.<//>`
      }
      <p class="muted">Cache hit rate</p>
      <p class="figure">${found.hit_rate === null ? "No data yet" : formatPercent(found.hit_rate)}</p>
      <${DescriptionList} items=${[
        ["Backend", BACKENDS[found.backend] ?? found.backend],
        ["Entries", found.entries],
        ["Hits", found.hits],
        ["Misses", found.misses],
        ["Errors", found.errors],
        ["Invalidations", found.invalidations],
      ]} />`}<//>
      <${Button} icon="refresh-cw" busy=${cache.busy} onClick=${cache.reload}>Refresh<//><//>
    <${ClearForm} onDone=${cache.reload} /></div>`;
}

function ClearForm({ onDone }) {
  const form = useForm(
    { scope: "available-loans", loan_id: "" },
    {
      loan_id: (text, all) => (all.scope === "loan" ? validate.required("the loan ID")(text) : {}),
    },
  );
  const [isDone, setDone] = useState(false);
  const clear = async (values) => {
    setDone(false);
    await send("POST", "api/admin/cache/invalidate/", { body: values, key: crypto.randomUUID() });
    setDone(true);
    onDone();
  };
  return html`<${Card} title="Clear cache">
    <p class="muted">Responses may be slower until the cache has filled again.</p>
    ${isDone && html`<${Notice} kind="good" title="Cache cleared." />`}
    <${Form} form=${form} onSubmit=${clear} label="Clear cache">
      <${SelectField} form=${form} name="scope" label="Scope" options=${SCOPES} />
      ${
        form.texts.scope === "loan" &&
        html`<${TextField} form=${form} name="loan_id" label="Loan ID"
        spellcheck="false" />`
      }
      <${Button} kind="primary" type="submit" busy=${form.busy} busyText="Clearing…">Clear<//><//><//>`;
}
