/* Dialogs, and the one that stands before every movement of money. */

import { announce, Button, Facts, html, Notice, ProblemNotice, useEffect, useId, useRef, useState } from "./ui.js";
import { carryOut, mint, slotIsTaken } from "./intent.js";

/** A modal dialog. The focus starts on its title, never on a button: a second Enter must not confirm anything. */
export function Dialog({ title, onClose, children, kind = "" }) {
  const place = useRef(null);
  const id = useId();
  useEffect(() => {
    const dialog = place.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${place} class=${kind} aria-labelledby=${id} onCancel=${cancel}>
    <h2 id=${id} tabindex="-1" autofocus>${title}</h2>${children}</dialog>`;
}

/**
 * Asks before money moves. Returns {ask, element}: call ask(wish) and put the element into the page.
 *
 * A wish names `slot` (what may be under way only once), `label` ("Pay $172.55"), `busyText`, `path`, `body`, `facts`
 * (pairs that the dialog lists), `note`, `onDone(data)`, and may give `way(problem, close)`, a way out of a refusal.
 */
export function useConfirm(user, onClose) {
  const [wish, setWish] = useState(null);
  const [taken, setTaken] = useState(null);
  const isOpening = useRef(false);

  const ask = async (asked) => {
    if (isOpening.current) return;
    isOpening.current = true;
    try {
      if (await slotIsTaken(user.id, asked.slot)) setTaken(asked);
      else setWish({ ...asked, intent: mint({ user: user.id, ...asked }) });
    } finally {
      isOpening.current = false;
    }
  };
  const close = () => (setWish(null), setTaken(null), onClose?.());
  const element = html`${wish && html`<${Confirmation} key=${wish.intent.key} wish=${wish} close=${close} />`}
    ${
      taken &&
      html`<${Dialog} title="One moment" onClose=${close}>
      <p>The same thing was sent before and its outcome is not known yet. Check it at the top of the page first.</p>
      <p class="actions end"><${Button} kind="primary" onClick=${close}>All right<//></p><//>`
    }`;
  return { ask, element };
}

function Confirmation({ wish, close }) {
  const [state, setState] = useState({ step: "ready" });
  const isSending = useRef(false);
  const send = async () => {
    if (isSending.current) return; // a double click comes faster than the redraw
    isSending.current = true;
    setState({ step: "sending" });
    try {
      const { data, replayed } = await carryOut(wish.intent);
      close();
      announce(`${wish.done ?? wish.label}. ${replayed ? "It counted once." : "Done."}`);
      wish.onDone?.(data, replayed);
    } catch (problem) {
      setState({ step: problem.isUncertain === false ? "refused" : "uncertain", problem });
    } finally {
      isSending.current = false;
    }
  };
  const { step, problem } = state;
  const leave = () => step === "sending" || (step === "refused" && wish.onRefused?.(problem), close());
  return html`<${Dialog} title=${`${wish.label}?`} onClose=${leave}>
    <${Facts} of=${wish.facts} />
    ${wish.note && html`<p class="muted">${wish.note}</p>`}
    ${step === "refused" && html`<${ProblemNotice} problem=${problem}>${wish.way?.(problem, close)}<//>`}
    ${
      step === "uncertain" &&
      html`<${Notice} kind="warn" title="It is not known yet whether this went through.">
      <p>${problem.sentence ?? problem.message} Checking sends the same request again, and it counts once.</p><//>`
    }
    <p class="actions end">
      <${Button} onClick=${leave} aria-disabled=${step === "sending" ? "true" : undefined}>
        ${step === "ready" || step === "sending" ? "Back" : "Close"}<//>
      ${
        step !== "refused" &&
        html`<${Button} kind=${`primary ${wish.kind ?? ""}`} busy=${step === "sending"}
        busyText=${wish.busyText} onClick=${send}>${step === "uncertain" ? "Check it now" : wish.label}<//>`
      }
    </p><//>`;
}

/** Asks before something that moves no money but cannot be taken back. Returns {ask, element}. */
export function useQuestion() {
  const [question, setQuestion] = useState(null);
  const close = () => setQuestion(null);
  const element = question && html`<${Question} question=${question} close=${close} />`;
  return { ask: setQuestion, element };
}

function Question({ question, close }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const [key] = useState(() => crypto.randomUUID()); // one for as long as the question stands
  const act = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const data = await question.act(key);
      close();
      question.onDone?.(data);
    } catch (refusal) {
      setProblem(refusal);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${question.title} onClose=${() => busy || close()}>
    ${question.text && html`<p>${question.text}</p>`}
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    <p class="actions end"><${Button} onClick=${close}>Back<//>
      <${Button} kind=${`primary ${question.kind ?? ""}`} busy=${busy} busyText=${question.busyText} onClick=${act}>
        ${question.verb}<//></p><//>`;
}
