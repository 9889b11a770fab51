/* Forms: fields with label, hint and error; errors of the platform stand beside the field that caused them. */

import { html, Icon, ProblemNotice, useId, useRef, useState } from "./ui.js";
import { currencySign, parseMoney, parseRate, plainMoney, wire } from "./money.js";

const PRESS_MS = 150; // longer than a press of a button that is not focused by it, as in Safari

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/**
 * The state of a form.
 * @param {Object<string, string>} initial the text of each field
 * @param {Object<string, function(string, object): {error?: string, value?: any}>} rules what each text must be
 */
export function useForm(initial, rules = {}) {
  const [texts, setTexts] = useState(initial);
  const [errors, setErrors] = useState({});
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const isSending = useRef(false);
  const place = useRef(null);

  const check = (all = texts) => {
    const values = {};
    const found = {};
    for (const [name, text] of Object.entries(all)) {
      const result = rules[name] ? rules[name](text, all) : { value: text.trim() };
      if (result.error) found[name] = result.error;
      else if (result.value !== undefined) values[name] = result.value;
    }
    return { values, errors: found, isGood: Object.keys(found).length === 0 };
  };
  const show = (found, unmatched = null) => {
    setErrors(found);
    setProblem(unmatched);
    requestAnimationFrame(() => place.current?.querySelector("[aria-invalid=true], [role=alert]")?.focus?.());
  };
  const refuse = (refusal) => {
    const known = refusal.errors?.filter(({ field }) => field in texts) ?? [];
    const isMatched = known.length > 0 && known.length === refusal.errors.length;
    show(Object.fromEntries(known.map(({ field, message }) => [field, capital(message)])), isMatched ? null : refusal);
  };
  const submit = (send) => async (event) => {
    event?.preventDefault();
    if (isSending.current) return; // a double click comes faster than the redraw
    const checked = check();
    if (!checked.isGood) return show(checked.errors);
    isSending.current = true;
    setBusy(true);
    show({});
    try {
      await send(checked.values);
    } catch (refusal) {
      refuse(refusal);
    } finally {
      isSending.current = false;
      setBusy(false);
    }
  };
  const set = (name, text) => {
    setTexts((old) => ({ ...old, [name]: text }));
    if (errors[name]) setErrors(({ [name]: _, ...others }) => others);
  };
  const leave = (name, towards) => {
    if (towards?.closest?.("button")) return; // it checks by itself, and must not move away under the pointer
    const result = texts[name].trim() && rules[name]?.(texts[name], texts);
    if (result?.error) setTimeout(() => setErrors((old) => ({ ...old, [name]: result.error })), PRESS_MS);
  };
  const reset = (to = initial) => (setTexts(to), show({}));
  return { texts, errors, problem, busy, place, set, leave, submit, check, refuse, reset };
}

/** Rules for useForm. Each gives {value} or {error}. */
export const rule = {
  required: (what) => (text) => (text.trim() ? { value: text.trim() } : { error: `Enter ${what}.` }),
  optional: (text) => ({ value: text.trim() || undefined }),
  password: (text) => (text ? { value: text } : { error: "Enter the password." }),
  money:
    ({ isOptional = false } = {}) =>
    (text) => {
      if (isOptional && !text.trim()) return {};
      const { cents, error } = parseMoney(text);
      if (error) return { error };
      return cents > 0 ? { value: wire(cents) } : { error: "The amount must be more than zero." };
    },
  rate:
    ({ most, isOptional = false } = {}) =>
    (text) => {
      if (isOptional && !text.trim()) return {};
      const { rate, error } = parseRate(text);
      if (error) return { error };
      return most !== undefined && Number(rate) > Number(most)
        ? { error: `At most ${plainMoney(most)} %.` }
        : { value: rate };
    },
  whole:
    (least, most, { isOptional = false } = {}) =>
    (text) => {
      if (isOptional && !text.trim()) return {};
      const number = /^\d{1,6}$/.test(text.trim()) ? Number(text) : NaN;
      return number >= least && number <= most
        ? { value: number }
        : { error: `Write a whole number from ${least} to ${most}.` };
    },
};

/** A form; what no field explains stands at its top. `way` is a way out of that problem. */
export function Form({ form, onSubmit, label, way, children }) {
  return html`<form novalidate ref=${form.place} onSubmit=${form.submit(onSubmit)} aria-label=${label}>
    ${form.problem && html`<${ProblemNotice} problem=${form.problem}>${way?.(form.problem)}<//>`}
    ${children}</form>`;
}

function Framed({ id, label, hint, error, children }) {
  return html`<div class=${`field ${error ? "wrong" : ""}`}>
    <label for=${id}>${label}</label>
    ${children}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="error" id=${`${id}-error`}><${Icon} name="triangle-alert" />${error}</p>`}
  </div>`;
}

function attributes(form, name, id, hint) {
  const error = form.errors[name];
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return {
    id,
    name,
    value: form.texts[name],
    "aria-invalid": error ? "true" : undefined,
    "aria-describedby": described || undefined,
    onInput: (event) => form.set(name, event.currentTarget.value),
    onBlur: (event) => form.leave(name, event.relatedTarget),
  };
}

/** A line of text. */
export function TextField({ form, name, label, hint, type = "text", ...rest }) {
  const id = useId();
  return html`<${Framed} ...${{ id, label, hint, error: form.errors[name] }}>
    <input class="control" type=${type} ...${attributes(form, name, id, hint)} ...${rest} /><//>`;
}

/** One of several. */
export function SelectField({ form, name, label, hint, options, ...rest }) {
  const id = useId();
  return html`<${Framed} ...${{ id, label, hint, error: form.errors[name] }}>
    <select class="control" ...${attributes(form, name, id, hint)} ...${rest}>
      ${options.map(([value, text]) => html`<option value=${value}
        selected=${value === form.texts[name]}>${text}</option>`)}
    </select><//>`;
}

/** An amount of money; the sign stands outside of what is typed. Left, it shows its two decimals. */
export function MoneyField({ form, name, label, hint, ...rest }) {
  const id = useId();
  const given = attributes(form, name, id, hint);
  const leave = (event) => {
    const { cents, error } = parseMoney(form.texts[name]);
    if (!error) form.set(name, plainMoney(wire(cents)));
    form.leave(name, event.relatedTarget);
  };
  return html`<${Framed} ...${{ id, label, hint, error: form.errors[name] }}>
    <div class="control affixed"><span aria-hidden="true">${currencySign}</span>
      <input type="text" inputmode="decimal" autocomplete="off" ...${given} ...${rest} onBlur=${leave} /></div><//>`;
}

/** A rate in percent a year. */
export function RateField({ form, name, label, hint, ...rest }) {
  const id = useId();
  return html`<${Framed} ...${{ id, label, hint, error: form.errors[name] }}>
    <div class="control affixed"><input type="text" inputmode="decimal" autocomplete="off"
      ...${attributes(form, name, id, hint)} ...${rest} /><span aria-hidden="true">% a year</span></div><//>`;
}
