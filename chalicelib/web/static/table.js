/* Tables and lists that grow. On a narrow screen the rows of a list become cards. */

import { announce, Button, html, Loaded, Empty, useEffect, useRef, useState } from "./ui.js";
import { get } from "./api.js";

/**
 * A table in a region that scrolls by itself.
 * @param {Array<[string, function(object): any, {num?: boolean, head?: boolean}?]>} columns heading, cell, kind
 */
export function Table({ caption, columns, rows, keyOf, foot, areCards = true, firstNew }) {
  const body = useRef(null);
  useEffect(() => {
    if (firstNew) body.current?.rows[firstNew]?.focus();
  }, [firstNew]);
  const kinds = columns.map(([, , kind = {}]) =>
    [kind.num && "num", kind.head && "head", kind.wide && "wide-only"].filter(Boolean).join(" "),
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
    <table class=${areCards ? "cards" : ""}><caption class="sr-only">${caption}</caption>
      <thead><tr>${columns.map(([heading], at) => html`<th scope="col"
        class=${kinds[at]}>${heading}</th>`)}</tr></thead>
      <tbody ref=${body}>${rows.map(
        (row, index) => html`<tr key=${keyOf?.(row) ?? index}
        tabindex=${firstNew && index === firstNew ? -1 : undefined}>
        ${columns.map(([heading, cell], at) => html`<td class=${kinds[at]}
          data-label=${heading}>${cell(row, index)}</td>`)}
      </tr>`,
      )}</tbody>
      ${foot && html`<tfoot><tr>${foot.map((cell, at) => html`<td class=${kinds[at]}>${cell}</td>`)}</tr></tfoot>`}
    </table></div>`;
}

const seen = new Map(); // what a list showed when it was left, so that Back finds its rows and its scroll again

/** The pages of a list that the API serves by cursor: {rows, hasMore, more, firstNew, busy, problem, reload}. */
export function useList(path, query, identity = `${path}?${new URLSearchParams(query)}`) {
  const [state, setState] = useState(() => seen.get(identity) ?? { rows: undefined, cursor: null });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const turn = useRef(0);
  const load = async (cursor, old = []) => {
    const mine = (turn.current += 1);
    setBusy(true);
    setProblem(null);
    try {
      const page = await get(path, { ...query, cursor });
      if (mine !== turn.current) return;
      const next = { rows: [...old, ...page.items], cursor: page.next_cursor, firstNew: cursor ? old.length : 0 };
      seen.set(identity, next);
      setState(next);
      if (cursor) announce(`${page.items.length} more.`);
    } catch (refusal) {
      if (mine === turn.current) setProblem(refusal);
    }
    if (mine === turn.current) setBusy(false);
  };
  useEffect(() => {
    const known = seen.get(identity);
    if (known) setState({ ...known, firstNew: 0 });
    if (!known || known.rows.length <= 20) load(null);
    return () => void (turn.current += 1);
  }, [identity]);
  return {
    ...state,
    busy,
    problem,
    data: state.rows,
    hasMore: state.cursor !== null,
    more: () => busy || load(state.cursor, state.rows),
    reload: () => load(null),
  };
}

/** A list with what it says when it is empty, and its next page. */
export function List({ list, columns, caption, keyOf, empty }) {
  return html`<${Loaded} of=${list}>${(rows) =>
    rows.length === 0 && !list.hasMore
      ? html`<${Empty} ...${empty}>${empty.way}<//>`
      : html`<${Table} ...${{ columns, rows, caption, keyOf }} firstNew=${list.firstNew} />
      ${
        list.hasMore &&
        html`<p class="actions"><${Button} busy=${list.busy} busyText="Loading…"
        onClick=${list.more}>Load more<//></p>`
      }`}<//>`;
}
