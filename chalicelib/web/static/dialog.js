/* Dialogs: a plain one, the confirmation of an intent, and the confirmation of an action that moves no money. */

import { announce, Button, DescriptionList, html, Notice, ProblemNotice, useEffect, useId, useRef } from "./ui.js";
import { createIntent, isSlotPending, sendIntent, successMessage, unconfirmedTexts } from "./intents.js";
import { useState } from "./ui.js";

/** A modal dialog. The title has the focus first, never a button, so that a second Enter confirms nothing. */
export function Dialog({ title, onClose, children, kind = "" }) {
  const ref = useRef(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const handleCancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${ref} class=${kind} aria-labelledby=${id} onCancel=${handleCancel}>
    <h2 id=${id} tabindex="-1" autofocus>${title}</h2>${children}</dialog>`;
}

/**
 * Asks for confirmation before an intent is sent. Returns {open, element}: call open(confirmation) and render element.
 *
 * A confirmation, or the promise of one, has the `slot`, `label`, `completed`, `path` and `body` of the intent,
 * `busyText`, `details` (pairs that the dialog lists), `onDone(data, message)`, and optionally `content` below the
 * details, `note`, `kind`, `onRefused(problem)` and `recovery(problem)`, a link that helps after a refusal.
 */
export function useConfirmation(user, onClose) {
  const [confirmation, setConfirmation] = useState(null);
  const [pending, setPending] = useState(null);
  const isOpening = useRef(false);

  const open = async (prepared) => {
    if (isOpening.current) return;
    isOpening.current = true;
    try {
      const request = await prepared;
      if (await isSlotPending(user.id, request.slot)) setPending(request);
      else setConfirmation({ ...request, intent: createIntent({ userId: user.id, ...request }) });
    } finally {
      isOpening.current = false;
    }
  };
  const close = () => (setConfirmation(null), setPending(null), onClose?.());
  const element = html`${
    confirmation &&
    html`<${ConfirmationDialog} key=${confirmation.intent.key} confirmation=${confirmation} close=${close} />`
  }
    ${
      pending &&
      html`<${Dialog} title="Already in progress" onClose=${close}>
      <p>You already sent this, and we couldn’t confirm it yet. Retry it at the top of the page first.</p>
      <p class="actions end"><${Button} kind="primary" onClick=${close}>OK<//></p><//>`
    }`;
  return { open, element };
}

function ConfirmationDialog({ confirmation, close }) {
  const { intent, label, details, note, busyText } = confirmation;
  const [{ step, problem }, setState] = useState({ step: "ready" });
  const isSending = useRef(false);
  const texts = unconfirmedTexts(intent);
  const handleConfirm = async () => {
    if (isSending.current) return; // a double click is faster than the next render
    isSending.current = true;
    setState({ step: "sending" });
    try {
      const { data, replayed } = await sendIntent(intent);
      const message = successMessage(intent, replayed);
      close();
      announce(message);
      confirmation.onDone?.(data, message);
    } catch (error) {
      setState({ step: error.isUncertain === false ? "refused" : "uncertain", problem: error });
    } finally {
      isSending.current = false;
    }
  };
  const handleClose = () => step === "sending" || (step === "refused" && confirmation.onRefused?.(problem), close());
  return html`<${Dialog} title=${`${label}?`} onClose=${handleClose}>
    <${DescriptionList} items=${details} />
    ${confirmation.content}
    ${note && html`<p class="muted">${note}</p>`}
    ${step === "refused" && html`<${ProblemNotice} problem=${problem}>${confirmation.recovery?.(problem)}<//>`}
    ${
      step === "uncertain" &&
      html`<${Notice} kind="warn" title=${texts.title}>
      <p>${problem.message} ${texts.advice}</p><//>`
    }
    <p class="actions end">
      <${Button} onClick=${handleClose} aria-disabled=${step === "sending" ? "true" : undefined}>
        ${step === "ready" || step === "sending" ? "Back" : "Close"}<//>
      ${
        step !== "refused" &&
        html`<${Button} kind=${`primary ${confirmation.kind ?? ""}`} busy=${step === "sending"}
        busyText=${busyText} onClick=${handleConfirm}>${step === "uncertain" ? texts.retry : label}<//>`
      }
    </p><//>`;
}

/** Asks for confirmation before an action that moves no money but can't be undone. Returns {open, element}. */
export function useActionDialog() {
  const [action, setAction] = useState(null);
  const close = () => setAction(null);
  const element = action && html`<${ActionDialog} action=${action} close=${close} />`;
  return { open: setAction, element };
}

function ActionDialog({ action, close }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const [key] = useState(() => crypto.randomUUID()); // one key for as long as the dialog is open
  const handleConfirm = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const data = await action.send(key);
      close();
      action.onDone?.(data);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${action.title} onClose=${() => busy || close()}>
    ${action.text && html`<p>${action.text}</p>`}
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    <p class="actions end"><${Button} onClick=${close}>Back<//>
      <${Button} kind=${`primary ${action.kind ?? ""}`} busy=${busy} busyText=${action.busyText}
        onClick=${handleConfirm}>${action.verb}<//></p><//>`;
}
