/* Forms: fields with label, hint and error. An error of the server that names a field is shown next to that field. */

import { html, Icon, ProblemNotice, useId, useRef, useState } from "./ui.js";
import {
  currencySign,
  formatAmount,
  formatMoney,
  formatPercent,
  parseMoney,
  parseRate,
  toCents,
  toWire,
} from "./money.js";

const CLICK_MS = 150; // longer than a click on a button that does not take the focus, as in Safari

const toSentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/**
 * The state of a form.
 * @param {Object<string, string>} initial the text of each field
 * @param {Object<string, function(string, object): {error?: string, value?: any}>} validators by field
 */
export function useForm(initial, validators = {}) {
  const [texts, setTexts] = useState(initial);
  const [errors, setErrors] = useState({});
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const isSending = useRef(false);
  const ref = useRef(null);

  const check = () => {
    const values = {};
    const found = {};
    for (const [name, text] of Object.entries(texts)) {
      const result = validators[name] ? validators[name](text, texts) : { value: text.trim() };
      if (result.error) found[name] = result.error;
      else if (result.value !== undefined) values[name] = result.value;
    }
    return { values, errors: found, isValid: Object.keys(found).length === 0 };
  };
  const showErrors = (found, unmatched = null) => {
    setErrors(found);
    setProblem(unmatched);
    requestAnimationFrame(() => ref.current?.querySelector("[aria-invalid=true], [role=alert]")?.focus?.());
  };
  const showProblem = (error) => {
    const known = error.errors?.filter(({ field }) => field in texts) ?? [];
    const isMatched = known.length > 0 && known.length === error.errors.length;
    const messages = Object.fromEntries(known.map(({ field, message }) => [field, toSentence(message)]));
    showErrors(messages, isMatched ? null : error);
  };
  const submit = (send) => async (event) => {
    event?.preventDefault();
    if (isSending.current) return; // a double click is faster than the next render
    const checked = check();
    if (!checked.isValid) return showErrors(checked.errors);
    isSending.current = true;
    setBusy(true);
    showErrors({});
    try {
      await send(checked.values);
    } catch (error) {
      showProblem(error);
    } finally {
      isSending.current = false;
      setBusy(false);
    }
  };
  const set = (name, text) => {
    setTexts((old) => ({ ...old, [name]: text }));
    if (errors[name]) setErrors(({ [name]: _, ...others }) => others);
  };
  const handleBlur = (name, nextFocus) => {
    if (nextFocus?.closest?.("button")) return; // the button validates, and must not move while it is clicked
    const result = texts[name].trim() && validators[name]?.(texts[name], texts);
    if (result?.error) setTimeout(() => setErrors((old) => ({ ...old, [name]: result.error })), CLICK_MS);
  };
  const reset = () => (setTexts(initial), showErrors({}));
  return { texts, errors, problem, busy, ref, set, handleBlur, submit, check, showProblem, reset };
}

const optional = (validator, { isOptional = false }) =>
  isOptional ? (text) => (text.trim() ? validator(text) : {}) : validator;

/** Validators for useForm. Each returns {value} or {error}; an optional one returns {} for an empty text. */
export const validate = {
  required: (what) => (text) => (text.trim() ? { value: text.trim() } : { error: `Enter ${what}.` }),
  optional: (text) => ({ value: text.trim() || undefined }),
  email: (text) =>
    /^\S+@\S+\.\S+$/.test(text.trim())
      ? { value: text.trim() }
      : { error: "Enter an email address such as ann@example.com." },
  password: (text) => (text ? { value: text } : { error: "Enter your password." }),
  newPassword: (text) =>
    text.length >= 8 && text.length <= 128 ? { value: text } : { error: "Use 8 to 128 characters." },
  money: ({ min, max, ...options } = {}) =>
    optional((text) => {
      const { cents, error } = parseMoney(text);
      if (error) return { error };
      if (cents <= 0) return { error: "The amount must be more than zero." };
      if (min && cents < toCents(min)) return { error: `Enter ${formatMoney(min)} or more.` };
      if (max && cents > toCents(max)) return { error: `Enter up to ${formatMoney(max)}.` };
      return { value: toWire(cents) };
    }, options),
  rate: ({ max, ...options }) =>
    optional((text) => {
      const { rate, error } = parseRate(text);
      if (error) return { error };
      return Number(rate) > Number(max) ? { error: `Enter up to ${formatPercent(max)}.` } : { value: rate };
    }, options),
  wholeNumber: (min, max, options = {}) =>
    optional((text) => {
      const number = /^\d{1,6}$/.test(text.trim()) ? Number(text) : NaN;
      return number >= min && number <= max
        ? { value: number }
        : { error: `Enter a whole number from ${min} to ${max}.` };
    }, options),
};

/** A form. An error that belongs to no field is shown at the top, with recovery(problem) as a way to fix it. */
export function Form({ form, onSubmit, label, recovery, children }) {
  return html`<form novalidate ref=${form.ref} onSubmit=${form.submit(onSubmit)} aria-label=${label}>
    ${form.problem && html`<${ProblemNotice} problem=${form.problem}>${recovery?.(form.problem)}<//>`}
    ${children}</form>`;
}

/** Renders the label, hint and error of a field around its control, control(attributes). */
function Field({ form, name, label, hint, control }) {
  const id = useId();
  const error = form.errors[name];
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const attributes = {
    id,
    name,
    value: form.texts[name],
    "aria-invalid": error ? "true" : undefined,
    "aria-describedby": described || undefined,
    onInput: (event) => form.set(name, event.currentTarget.value),
    onBlur: (event) => form.handleBlur(name, event.relatedTarget),
  };
  return html`<div class=${`field ${error ? "wrong" : ""}`}>
    <label for=${id}>${label}</label>
    ${control(attributes)}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="error" id=${`${id}-error`}><${Icon} name="triangle-alert" />${error}</p>`}
  </div>`;
}

/** A single-line text field. */
export function TextField({ form, name, label, hint, type = "text", ...rest }) {
  const control = (attributes) => html`<input class="control" type=${type} ...${attributes} ...${rest} />`;
  return html`<${Field} ...${{ form, name, label, hint, control }} />`;
}

/** A choice of one option. */
export function SelectField({ form, name, label, hint, options, ...rest }) {
  const control = (attributes) => html`<select class="control" ...${attributes} ...${rest}>
      ${options.map(
        ([value, text]) => html`<option value=${value}
        selected=${value === form.texts[name]}>${text}</option>`,
      )}
    </select>`;
  return html`<${Field} ...${{ form, name, label, hint, control }} />`;
}

/** A choice of one option by radio buttons: [value, label, explanation]. */
export function Choices({ form, name, legend, options }) {
  return html`<fieldset class="choices"><legend>${legend}</legend>
    ${options.map(
      ([value, label, text]) => html`<label class="choice" key=${value}>
      <input type="radio" name=${name} checked=${form.texts[name] === value}
        onChange=${() => form.set(name, value)} />
      <span><strong>${label}</strong><small>${text}</small></span></label>`,
    )}</fieldset>`;
}

/** An amount of money. The currency sign is outside the input; on blur the amount is shown with two decimals. */
export function MoneyField({ form, name, label, hint, ...rest }) {
  const handleBlur = (event) => {
    const { cents, error } = parseMoney(form.texts[name]);
    if (!error) form.set(name, formatAmount(toWire(cents)));
    form.handleBlur(name, event.relatedTarget);
  };
  const control = (attributes) => html`<div class="control affixed"><span aria-hidden="true">${currencySign}</span>
      <input type="text" inputmode="decimal" autocomplete="off" ...${attributes} ...${rest}
        onBlur=${handleBlur} /></div>`;
  return html`<${Field} ...${{ form, name, label, hint, control }} />`;
}

/** A rate in percent per year. */
export function RateField({ form, name, label, hint, ...rest }) {
  const control = (attributes) => html`<div class="control affixed"><input type="text" inputmode="decimal"
      autocomplete="off" ...${attributes} ...${rest} /><span aria-hidden="true">% per year</span></div>`;
  return html`<${Field} ...${{ form, name, label, hint, control }} />`;
}
