/* A webhook endpoint: its settings, its secret, test events, and its deliveries. */

import { announce, Button, Card, DescriptionList, html, LoadedContent, Notice, Status } from "./ui.js";
import { useLoad, useState } from "./ui.js";
import { disabledText, ENDPOINTS, eventTypesText, SecretDialog } from "./webhook-endpoints.js";
import { formatDate, formatDateTime } from "./dates.js";
import { get, send } from "./api.js";
import { Deliveries } from "./webhook-deliveries.js";
import { EndpointForm } from "./webhook-form.js";
import { loadEventTypes } from "./event-types.js";
import { navigate } from "./router.js";
import { useActionDialog } from "./dialog.js";

export default function WebhookEndpoint({ params: { id }, query }) {
  const page = useLoad((signal) => get(`${ENDPOINTS}${encodeURIComponent(id)}/`, null, signal), [id]);
  return html`<p><a class="back" href="#/developers">Developers</a></p>
    <h1>Webhook endpoint</h1>
    <${LoadedContent} state=${page}>${(endpoint) =>
      html`<${Endpoint} endpoint=${endpoint} status=${query.get("status") ?? ""} onChanged=${page.setData} />`}<//>`;
}

function Endpoint({ endpoint, status, onChanged }) {
  const path = `${ENDPOINTS}${endpoint.id}/`;
  const dialog = useActionDialog();
  const [types, setTypes] = useState(null); // loaded when the form opens
  const [secret, setSecret] = useState(null);
  const [notice, setNotice] = useState(null);
  const [changes, setChanges] = useState(0);
  const say = (text) => (setNotice(text), announce(text));
  const sent = (text) => (say(text), setChanges((count) => count + 1));
  const save = async (body) => {
    onChanged((await send("PATCH", path, { body })).data);
    setTypes(null);
    say("Changes saved.");
  };
  const actions = {
    edit: async () => setTypes(await loadEventTypes().catch(() => [])),
    test: () => dialog.open(testAction(endpoint, path, sent)),
    rotate: () =>
      dialog.open(rotateAction(path, ({ secret: next, ...changed }) => (onChanged(changed), setSecret(next)))),
    toggle: () => dialog.open(toggleAction(endpoint, path, (changed, text) => (onChanged(changed), say(text)))),
    remove: () => dialog.open(deleteAction(endpoint, path)),
  };
  const resend = (delivery) =>
    dialog.open({
      title: "Send this event again?",
      text: `${delivery.event_type}, event ID ${delivery.event_id}. The receiver gets it with the same webhook-id.`,
      verb: "Resend",
      busyText: "Sending…",
      send: (key) => send("POST", `${path}deliveries/${delivery.id}/resend/`, { key }),
      onDone: () => sent("The event will be sent again."),
    });
  return html`<div class="stack">
    ${notice && html`<${Notice} kind="good" title=${notice} />`}
    ${!endpoint.enabled && html`<${Notice} kind="warn"><p>${disabledText(endpoint)}</p><//>`}
    ${
      types
        ? html`<${EndpointForm} title="Change this endpoint" verb="Save" busyText="Saving…" endpoint=${endpoint}
            types=${types} save=${save} onBack=${() => setTypes(null)} />`
        : html`<${Details} endpoint=${endpoint} actions=${actions} />`
    }
    <${Deliveries} endpoint=${endpoint} status=${status} changes=${changes} onResend=${resend} />
    ${dialog.element}
    ${
      secret &&
      html`<${SecretDialog} secret=${secret} onClose=${() => setSecret(null)}>
        <p>Until the old secret expires, we sign each delivery with both.</p><//>`
    }</div>`;
}

function Details({ endpoint, actions }) {
  const { url, description, enabled, event_types: types, previous_secret_expires_at: expires } = endpoint;
  return html`<${Card} title=${html`<span class="url">${url}</span>`}
    aside=${html`<${Status} value=${enabled ? "ACTIVE" : "CANCELLED"} label=${enabled ? "Enabled" : "Disabled"} />`}>
    <${DescriptionList} items=${[
      description && ["Description", description],
      ["Events", types.length > 1 ? html`<code>${types.join(", ")}</code>` : eventTypesText(endpoint)],
      ["Added", formatDate(endpoint.created_at)],
      expires && ["Old secret valid until", formatDateTime(expires)],
    ]} />
    <p class="actions">
      ${enabled && html`<${Button} kind="primary" icon="send" onClick=${actions.test}>Send test event<//>`}
      <${Button} onClick=${actions.edit}>Change<//>
      <${Button} onClick=${actions.rotate}>Rotate secret<//>
      <${Button} onClick=${actions.toggle}>${enabled ? "Disable" : "Enable"}<//>
      <${Button} onClick=${actions.remove}>Delete<//></p><//>`;
}

function testAction({ url }, path, sent) {
  return {
    title: "Send a test event?",
    text: `We send an event of the type webhook_endpoint.test to ${url}.`,
    verb: "Send test event",
    busyText: "Sending…",
    send: (key) => send("POST", `${path}test/`, { key }),
    onDone: () => sent("Test event sent. Its delivery appears below."),
  };
}

function rotateAction(path, done) {
  return {
    title: "Rotate the signing secret?",
    text:
      "You get a new secret. For the next 24 hours both secrets are valid and we sign each delivery with both, so " +
      "that you can update your receiver.",
    verb: "Rotate secret",
    busyText: "Rotating…",
    send: async (key) => (await send("POST", `${path}rotate-secret/`, { key })).data,
    onDone: done,
  };
}

function toggleAction({ enabled }, path, done) {
  return {
    title: enabled ? "Disable this endpoint?" : "Enable this endpoint?",
    text: enabled
      ? "It receives no events while it is disabled. Pending deliveries fail. You can resend them later."
      : "It receives new events from now on.",
    verb: enabled ? "Disable" : "Enable",
    busyText: "Saving…",
    send: async () => (await send("PATCH", path, { body: { enabled: !enabled } })).data,
    onDone: (changed) => done(changed, enabled ? "Endpoint disabled." : "Endpoint enabled."),
  };
}

function deleteAction({ url }, path) {
  return {
    title: "Delete this endpoint?",
    text: `${url} receives no more events, not even those that are pending.`,
    verb: "Delete endpoint",
    kind: "danger",
    busyText: "Deleting…",
    send: (key) => send("DELETE", path, { key }),
    onDone: () => (announce("Endpoint deleted."), navigate("/developers")),
  };
}
