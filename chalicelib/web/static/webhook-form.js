/* The form that adds or changes a webhook endpoint: its URL, description and event types. */

import { Button, Card, html, Icon, useRef } from "./ui.js";
import { Choices, Form, TextField, useForm, validate } from "./forms.js";

const MAX_URL = 2048;
const SCOPES = [
  ["all", "All events", "New types too, when we add them."],
  ["some", "Selected events", "Only the types that you choose."],
];

function validateUrl(text) {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (!url || !["https:", "http:"].includes(url.protocol)) {
    return { error: "Enter a URL such as https://example.com/webhooks." };
  }
  return text.trim().length > MAX_URL ? { error: `Use up to ${MAX_URL} characters.` } : { value: text.trim() };
}

function validateTypes(text, { scope }) {
  if (scope === "all") return { value: ["*"] };
  return text ? { value: text.split(" ") } : { error: "Select at least one event type." };
}

/**
 * @param {{title: string, verb: string, busyText: string, endpoint?: object, types: Array<[string, string]>,
 *   save: function(object, string): Promise<void>, onBack: function(): void}} props
 *   types: [type, description]; save takes the body and an Idempotency-Key, which stays the same for the same body
 */
export function EndpointForm({ title, verb, busyText, endpoint, types, save, onBack }) {
  const chosen = endpoint?.event_types ?? ["*"];
  const isAll = chosen.includes("*");
  const optional = (text) => ({ value: text.trim() });
  const form = useForm(
    {
      url: endpoint?.url ?? "",
      description: endpoint?.description ?? "",
      scope: isAll ? "all" : "some",
      event_types: isAll ? "" : chosen.join(" "),
    },
    { url: validateUrl, description: optional, scope: () => ({}), event_types: validateTypes },
  );
  const sent = useRef({}); // the same details are sent again with the same key, so that they take effect once
  const submit = (body) => {
    const content = JSON.stringify(body);
    if (sent.current.content !== content) sent.current = { content, key: crypto.randomUUID() };
    return save(body, sent.current.key);
  };
  return html`<${Card} title=${title}><${Form} form=${form} onSubmit=${submit} label=${title}>
    <${TextField} form=${form} name="url" label="URL" type="url" inputmode="url" autocomplete="off" spellcheck="false"
      hint="A public HTTPS address that accepts POST requests." />
    <${TextField} form=${form} name="description" label="Description (optional)" maxlength="200" autocomplete="off" />
    <${Choices} form=${form} name="scope" legend="Events to send" options=${SCOPES} />
    ${form.texts.scope === "some" && html`<${TypeChoices} form=${form} types=${types} />`}
    <p class="actions"><${Button} kind="primary" type="submit" busy=${form.busy} busyText=${busyText}>${verb}<//>
      <${Button} onClick=${onBack}>Back<//></p><//><//>`;
}

function TypeChoices({ form, types }) {
  const chosen = form.texts.event_types.split(" ").filter(Boolean);
  const error = form.errors.event_types;
  const toggle = (type, isChosen) => {
    const next = isChosen ? [...chosen, type] : chosen.filter((other) => other !== type);
    form.set("event_types", next.join(" "));
  };
  return html`<fieldset class="field ticks" aria-describedby=${error ? "types-error" : undefined}>
    <legend>Event types</legend>
    ${error && html`<p class="error" id="types-error"><${Icon} name="triangle-alert" />${error}</p>`}
    <div>${types.map(
      ([type, description]) => html`<label class="tick" key=${type}>
        <input type="checkbox" checked=${chosen.includes(type)} aria-invalid=${error ? "true" : undefined}
          onChange=${(event) => toggle(type, event.currentTarget.checked)} />
        <span><code>${type}</code>${description && html`<small class="block muted">${description}</small>`}</span>
      </label>`,
    )}</div></fieldset>`;
}
