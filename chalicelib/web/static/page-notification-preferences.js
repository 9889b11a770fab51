/* Which notifications a user gets, by type, in the app and by email. Each change is saved when it is made. */

import { announce, Card, html, LoadedContent, ProblemNotice, sentenceCase, useLoad, useRef, useState } from "./ui.js";
import { get, send } from "./api.js";

const PATH = "api/notifications/preferences/";
const CHANNELS = [
  ["in_app", "In app"],
  ["email", "Email"],
];
const GROUPS = {
  loan: "Loans",
  offer: "Offers",
  payment: "Payments",
  rule: "Auto-invest",
  transfer: "Deposits and withdrawals",
  account: "Account",
  security: "Security",
  webhook_endpoint: "Developers",
};
const REASONS = {
  account: "We always tell you when your account is frozen or unfrozen.",
  security: "We always tell you about sign-ins and changes to your account, so that you notice if they weren’t you.",
  webhook_endpoint: "We always tell you when one of your endpoints is disabled.",
};

export default function NotificationPreferences() {
  const page = useLoad(async (signal) => (await get(PATH, null, signal)).items);
  return html`<p><a class="back" href="#/notifications">Notifications</a></p>
    <h1>Notification preferences</h1>
    <p class="lead">Choose what we tell you about, and how. Changes are saved immediately.</p>
    <${LoadedContent} state=${page}>${(items) => html`<${Preferences} items=${items} />`}<//>`;
}

function Preferences({ items: loaded }) {
  const [items, setItems] = useState(loaded);
  const [problem, setProblem] = useState(null);
  const queue = useRef(Promise.resolve()); // changes are sent one after the other, in their order
  const setChannel = (type, channel, value) =>
    setItems((old) => old.map((item) => (item.type === type ? { ...item, [channel]: value } : item)));
  const change = (item, channel, value) => {
    setProblem(null);
    setChannel(item.type, channel, value);
    queue.current = queue.current.then(async () => {
      try {
        await send("PATCH", PATH, { body: { items: [{ type: item.type, [channel]: value }] } });
        announce(`${item.title}: saved.`);
      } catch (error) {
        setChannel(item.type, channel, !value);
        setProblem({ ...error, message: `“${item.title}” was not changed. ${error.message}` });
      }
    });
  };
  return html`${problem && html`<${ProblemNotice} problem=${problem} />`}
    ${groupsOf(items).map(
      ([prefix, group]) => html`<${Group} key=${prefix} prefix=${prefix} items=${group} onChange=${change} />`,
    )}`;
}

/** Items by the first part of their type, in the order of GROUPS: [["loan", [item, …]], …]. */
function groupsOf(items) {
  const order = Object.keys(GROUPS);
  const groups = new Map();
  for (const item of items) {
    const prefix = item.type.split(".")[0];
    groups.set(prefix, [...(groups.get(prefix) ?? []), item]);
  }
  const rank = (prefix) => (order.includes(prefix) ? order.indexOf(prefix) : order.length);
  return [...groups].sort(([first], [second]) => rank(first) - rank(second));
}

function Group({ prefix, items, onChange }) {
  const name = GROUPS[prefix] ?? sentenceCase(prefix);
  return html`<${Card} title=${name}>
    <table class="preferences"><caption class="sr-only">${name}</caption>
      <thead><tr><th scope="col">Notification</th>
        ${CHANNELS.map(([channel, label]) => html`<th key=${channel} scope="col">${label}</th>`)}</tr></thead>
      <tbody>${items.map(
        (item) => html`<tr key=${item.type}><th scope="row">${item.title}</th>
          ${CHANNELS.map(([channel, label]) => html`<td key=${channel}>${cell(item, channel, label, onChange)}</td>`)}
        </tr>`,
      )}</tbody></table>
    ${
      items.some((item) => item.locked) &&
      html`<p class="muted small">${REASONS[prefix] ?? "Notifications that are always on can’t be turned off."}</p>`
    }<//>`;
}

function cell(item, channel, label, onChange) {
  if (item.locked) return html`<span class="muted small">${item[channel] ? "Always on" : "–"}</span>`;
  return html`<label class="tick"><input type="checkbox" checked=${item[channel]}
    aria-label=${`${item.title}: ${label}`}
    onChange=${(event) => onChange(item, channel, event.currentTarget.checked)} /></label>`;
}
