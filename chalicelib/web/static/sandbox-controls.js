/* Controls that play the bank's part in a transfer. They exist on test systems only. */

import { Button, Card, html, ProblemNotice, useState } from "./ui.js";
import { sandboxEvents } from "./transfer-states.js";
import { send } from "./api.js";

const BUTTONS = {
  settle: ["Settle", "Transfer settled."],
  fail: ["Fail", "Transfer failed."],
  return: ["Return", "Transfer returned."],
};

/** Buttons that send the test events which the transfer's state allows. */
export function SandboxControls({ transfer, onDone }) {
  const [busy, setBusy] = useState(null);
  const [problem, setProblem] = useState(null);
  const trigger = async (event, completed) => {
    setBusy(event);
    setProblem(null);
    try {
      const path = `api/sandbox/transfers/${transfer.id}/${event}/`;
      await send("POST", path, { body: {}, key: crypto.randomUUID() });
      onDone(completed);
    } catch (error) {
      setProblem(error);
    }
    setBusy(null);
  };
  return html`<${Card} title="Test controls" kind="test">
    <p>This is a test system without a bank. These buttons send the notification that a payment provider would send.</p>
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    <p class="actions">${sandboxEvents(transfer).map((event) => {
      const [verb, completed] = BUTTONS[event];
      return html`<${Button} key=${event} busy=${busy === event} busyText="Sending…"
        aria-disabled=${busy && busy !== event ? "true" : undefined}
        onClick=${() => trigger(event, completed)}>${verb}<//>`;
    })}</p><//>`;
}
