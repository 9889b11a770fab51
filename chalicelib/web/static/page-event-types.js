/* The types of events that webhook endpoints receive, each with its description, fields and an example. */

import { Card, html, LoadedContent, ROOT, sentenceCase, useLoad } from "./ui.js";
import { loadEventSchemas } from "./event-types.js";
import { Json } from "./webhook-endpoints.js";
import { Table } from "./table.js";

export default function EventTypes() {
  const page = useLoad(loadEventSchemas);
  return html`<p><a class="back" href="#/developers">Developers</a></p><h1>Event types</h1>
    <p class="lead">Each event has an <code>id</code>, a <code>type</code>, the time <code>created_at</code> and
      ${" "}<code>data</code>. Events name ids, amounts and dates, and no personal data.</p>
    <p><a href=${`${ROOT}api/schema/events/`}>JSON Schema of all types</a></p>
    <${LoadedContent} state=${page}>${(schemas) => html`<${Card}>
      ${schemas.map(([type, schema]) => html`<${EventType} key=${type} type=${type} schema=${schema} />`)}<//>`}<//>`;
}

const COLUMNS = [
  ["Field", ({ name }) => html`<code>${name}</code>`, { head: true }],
  ["Type", ({ shown }) => shown],
  ["Description", ({ description }) => (description ? capitalise(description) : "–")],
];

const capitalise = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The fields of an event's data: [{name, shown, description}]. */
function fieldsOf(schema) {
  const { properties = {} } = schema.properties?.data ?? {};
  return Object.entries(properties).map(([name, field]) => ({ ...field, name, shown: typeOf(field) }));
}

const FORMATS = { date: "Date", "date-time": "Time" };

function typeOf({ type, format, enum: values }) {
  const types = [type].flat();
  const known = values?.filter((value) => value !== null).join(", ");
  const name = known ?? FORMATS[format] ?? sentenceCase(types.find((each) => each !== "null"));
  return types.includes("null") ? `${name} or null` : name;
}

function EventType({ type, schema }) {
  const fields = fieldsOf(schema);
  const example = schema.examples?.[0];
  return html`<details class="event-type"><summary><code>${type}</code>
      <span class="block muted small">${schema.description ?? ""}</span></summary>
    <div class="stack-s">
      ${fields.length > 0 && html`<${Table} rows=${fields} columns=${COLUMNS} caption=${`Fields of ${type}`} />`}
      ${example && html`<${Json} label=${`Example of ${type}`} value=${example} />`}</div></details>`;
}
