/* The types of events, read from the JSON Schema that the API publishes. */

import { get } from "./api.js";

let known = null;

/** Returns the definitions by type: [["payment.received", {description, examples, …}], …]. */
export async function loadEventSchemas(signal) {
  known ??= (await get("api/schema/events/", null, signal, { isPublic: true })).$defs;
  return Object.entries(known).filter(([type]) => type.includes("."));
}

/** Returns the types to which an endpoint can subscribe: [["payment.received", "A payment was received."], …]. */
export async function loadEventTypes(signal) {
  return (await loadEventSchemas(signal)).map(([type, { description }]) => [type, description ?? ""]);
}
