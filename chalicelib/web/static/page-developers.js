/* The webhook endpoints of a user, and the form that adds one. */

import { Button, Card, DescriptionList, EmptyState, html, LoadedContent, ROOT, Status } from "./ui.js";
import { Notice, useLoad, useState } from "./ui.js";
import { disabledText, ENDPOINTS, eventTypesText, SecretDialog } from "./webhook-endpoints.js";
import { get, send } from "./api.js";
import { EndpointForm } from "./webhook-form.js";
import { formatDate } from "./dates.js";
import { loadEventTypes } from "./event-types.js";

const MAX_ENDPOINTS = 10;

async function load(signal) {
  const [endpoints, types] = await Promise.all([get(ENDPOINTS, { limit: 100 }, signal), loadEventTypes(signal)]);
  return { endpoints: endpoints.items, types };
}

export default function Developers() {
  const page = useLoad(load);
  const [isAdding, setAdding] = useState(false);
  const [added, setAdded] = useState(null);
  const canAdd = !isAdding && page.data && page.data.endpoints.length < MAX_ENDPOINTS;
  const add = async (body, key) => {
    const { data } = await send("POST", ENDPOINTS, { body, key });
    setAdded(data);
    setAdding(false);
    page.reload();
  };
  return html`<div class="title"><h1>Developers</h1>
      ${canAdd && html`<${Button} kind="primary" icon="plus" onClick=${() => setAdding(true)}>Add endpoint<//>`}</div>
    <p class="lead">A webhook endpoint is a URL on your server. We send it a signed request when something happens in
      your account, such as a payment.</p>
    <ul class="links"><li><a href="#/developers/events">Event types</a></li>
      <li><a href=${`${ROOT}api/redoc/`}>API reference</a></li>
      <li><a href="https://www.standardwebhooks.com/" rel="noopener noreferrer">How to verify signatures</a></li></ul>
    <${LoadedContent} state=${page}>${({ endpoints, types }) => html`
      ${
        isAdding &&
        html`<${EndpointForm} title="Add an endpoint" verb="Add endpoint" busyText="Adding…" types=${types} save=${add}
          onBack=${() => setAdding(false)} />`
      }
      ${
        endpoints.length === 0
          ? !isAdding && html`<${Card}><${EmptyState} icon="code-xml" title="No endpoints yet." /><//>`
          : html`<div class="stack">${endpoints.map(
              (endpoint) => html`<${Endpoint} key=${endpoint.id} endpoint=${endpoint} />`,
            )}</div>`
      }
      ${
        endpoints.length >= MAX_ENDPOINTS &&
        html`<p class="muted">You can have up to ${MAX_ENDPOINTS} endpoints. Delete one to add another.</p>`
      }`}<//>
    ${
      added &&
      html`<${SecretDialog} secret=${added.secret} onClose=${() => setAdded(null)}>
        <p>If you lose it, rotate the secret to get a new one.</p><//>`
    }`;
}

function Endpoint({ endpoint }) {
  const { id, url, description, enabled, created_at: createdAt } = endpoint;
  return html`<${Card} title=${html`<a class="url" href=${`#/developers/${id}`}>${url}</a>`}
    aside=${html`<${Status} value=${enabled ? "ACTIVE" : "CANCELLED"} label=${enabled ? "Enabled" : "Disabled"} />`}>
    ${description && html`<p class="muted">${description}</p>`}
    ${!enabled && html`<${Notice} kind="warn"><p>${disabledText(endpoint)}</p><//>`}
    <${DescriptionList} items=${[
      ["Events", eventTypesText(endpoint)],
      ["Added", formatDate(createdAt)],
    ]} /><//>`;
}
