/* Filters of lists. They are kept in the address, so that a reload and Back restore them. */

import { Button, html, statusLabel, useEffect, useState } from "./ui.js";
import { setQuery } from "./router.js";

const SEARCH_DELAY_MS = 300;
const INPUT_DELAY_MS = 500;
const LOAN_STATUSES = ["REQUESTED", "PENDING_FUNDING", "FUNDED", "COMPLETED", "CANCELLED", "DEFAULTED"];

/** A filter by status. */
export function StatusFilter({ status, statuses = LOAN_STATUSES }) {
  const options = statuses.map((value) => [value, statusLabel(value)]);
  return html`<div class="filters"><${SelectFilter} name="status" label="Status" value=${status}
    options=${options} /></div>`;
}

/**
 * A filter with a choice of values.
 * @param {{name: string, label: string, value: string, options: Array<[string, string]>, clears?: string[],
 *   hasAll?: boolean}} props clears: other filters that a new choice removes; hasAll: whether "All" is a choice
 */
export function SelectFilter({ name, label, value, options, clears = [], hasAll = true }) {
  const handleChange = (event) =>
    setQuery({ ...Object.fromEntries(clears.map((other) => [other, ""])), [name]: event.currentTarget.value });
  return html`<div class="field"><label for=${name}>${label}</label>
    <select class="control" id=${name} onChange=${handleChange}>
      ${hasAll && html`<option value="" selected=${!value}>All</option>`}
      ${options.map(
        ([option, text]) => html`<option key=${option} value=${option}
        selected=${option === value}>${text}</option>`,
      )}
    </select></div>`;
}

/** A search that is applied when typing pauses. */
export function SearchFilter({ label, query }) {
  const [text, setText] = useState(query);
  useEffect(() => {
    const timer = setTimeout(() => text.trim() !== query && setQuery({ q: text.trim() }), SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class="filters" role="search"><div class="field"><label for="q">${label}</label>
    <input class="control" type="search" id="q" value=${text} autocomplete="off" spellcheck="false"
      onInput=${(event) => setText(event.currentTarget.value)} /></div></div>`;
}

/**
 * A filter that is applied when typing pauses, unless the text is invalid.
 * @param {function(string): {value?: string, error?: string}} parse from the typed text to the value in the address
 * @param {function(string): string} format from the value in the address to the text
 */
export function ParsedFilter({ name, label, value, parse, format = (text) => text }) {
  const [text, setText] = useState(value ? format(value) : "");
  const [error, setError] = useState(null);
  useEffect(() => {
    if (!value) setText((old) => (parse(old).error ? old : ""));
  }, [value]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const parsed = text.trim() ? parse(text) : { value: "" };
      setError(parsed.error ?? null);
      if (!parsed.error && parsed.value !== value) setQuery({ [name]: parsed.value });
    }, INPUT_DELAY_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class=${`field ${error ? "wrong" : ""}`}><label for=${name}>${label}</label>
    <input class="control tnum" id=${name} type="text" inputmode="decimal" autocomplete="off" value=${text}
      aria-invalid=${error ? "true" : undefined} aria-describedby=${error ? `${name}-error` : undefined}
      onInput=${(event) => setText(event.currentTarget.value)} />
    ${error && html`<p class="error" id=${`${name}-error`}>${error}</p>`}</div>`;
}

/** A button that removes filters. */
export function ClearFilters({ names, label = "Clear filters" }) {
  const handleClick = () => setQuery(Object.fromEntries(names.map((name) => [name, ""])));
  return html`<${Button} onClick=${handleClick}>${label}<//>`;
}
