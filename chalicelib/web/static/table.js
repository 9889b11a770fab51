/* Tables and paginated lists. On a narrow screen the rows of a list become cards. */

import { announce, Button, EmptyState, html, LoadedContent, useEffect, useRef, useState } from "./ui.js";
import { get } from "./api.js";

/**
 * A table in a region that scrolls by itself.
 * @param {Array<[string, function(object): any, {num?: boolean, head?: boolean, wide?: boolean}?]>} columns
 *   heading, cell, and flags: a number, the name of the row, hidden on a narrow screen
 */
export function Table({ caption, columns, rows, keyOf, foot, areCards = true, firstNew }) {
  const body = useRef(null);
  useEffect(() => {
    if (firstNew) body.current?.rows[firstNew]?.focus();
  }, [firstNew]);
  const classes = columns.map(([, , flags = {}]) =>
    [flags.num && "num", flags.head && "head", flags.wide && "wide-only"].filter(Boolean).join(" "),
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
    <table class=${areCards ? "cards" : ""}><caption class="sr-only">${caption}</caption>
      <thead><tr>${columns.map(
        ([heading], column) => html`<th scope="col"
        class=${classes[column]}>${heading}</th>`,
      )}</tr></thead>
      <tbody ref=${body}>${rows.map(
        (row, index) => html`<tr key=${keyOf?.(row) ?? index}
        tabindex=${firstNew && index === firstNew ? -1 : undefined}>
        ${columns.map(
          ([heading, cell], column) => html`<td class=${classes[column]}
          data-label=${heading}>${cell(row, index)}</td>`,
        )}
      </tr>`,
      )}</tbody>
      ${
        foot &&
        html`<tfoot><tr>${foot.map(
          (cell, column) => html`<td
        class=${classes[column]}>${cell}</td>`,
        )}</tr></tfoot>`
      }
    </table></div>`;
}

const snapshots = new Map(); // the rows of each list when it was left, so that Back restores them and the scroll

/** A list that the API serves by cursor: {rows, page, hasMore, loadMore, firstNew, busy, problem, reload, update}.
    `page` is the latest response; update(changes) replaces `rows` or `page`. */
export function useList(path, query) {
  const identity = `${path}?${new URLSearchParams(query)}`;
  const [state, setState] = useState(() => snapshots.get(identity) ?? { rows: undefined, cursor: null });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const latestRequest = useRef(0);
  const load = async (cursor, old = []) => {
    const request = (latestRequest.current += 1);
    setBusy(true);
    setProblem(null);
    try {
      const page = await get(path, { ...query, cursor });
      if (request !== latestRequest.current) return;
      const rows = [...old, ...page.items];
      const next = { rows, page, cursor: page.next_cursor, firstNew: cursor ? old.length : 0 };
      snapshots.set(identity, next);
      setState(next);
      if (cursor) announce(`${page.items.length} more loaded.`);
    } catch (error) {
      if (request === latestRequest.current) setProblem(error);
    }
    if (request === latestRequest.current) setBusy(false);
  };
  useEffect(() => {
    const snapshot = snapshots.get(identity);
    if (snapshot) setState({ ...snapshot, firstNew: 0 });
    if (!snapshot || snapshot.rows.length <= 20) load(null);
    return () => void (latestRequest.current += 1);
  }, [identity]);
  return {
    ...state,
    busy,
    problem,
    data: state.rows,
    hasMore: state.cursor !== null,
    loadMore: () => busy || load(state.cursor, state.rows),
    reload: () => load(null),
    update: (changes) =>
      setState((old) => {
        snapshots.set(identity, { ...old, ...changes });
        return { ...old, ...changes };
      }),
  };
}

/** A list with its empty state {icon, title, action} and a button that loads the next page. */
export function List({ list, columns, caption, keyOf, empty }) {
  return html`<${LoadedContent} state=${list}>${(rows) =>
    rows.length === 0 && !list.hasMore
      ? html`<${EmptyState} icon=${empty.icon} title=${empty.title}>${empty.action}<//>`
      : html`<${Table} ...${{ columns, rows, caption, keyOf }} firstNew=${list.firstNew} />
        <${LoadMore} list=${list} />`}<//>`;
}

/** The button that loads the next page of a list, or nothing at its end. */
export function LoadMore({ list }) {
  return (
    list.hasMore &&
    html`<p class="actions"><${Button} busy=${list.busy} busyText="Loading…" onClick=${list.loadMore}>Load more<//></p>`
  );
}
