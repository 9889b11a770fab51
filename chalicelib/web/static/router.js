/* Pages by the part of the address after "#". Filters stand in its query; Back restores them and the scroll. */

import { useEffect, useState } from "./ui.js";

const RESTORE_MS = 5000;
const watchers = new Set();

history.scrollRestoration = "manual";

/** The route that the address names: {path, query}. */
export function here() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  return { path: path || "/", query: new URLSearchParams(query) };
}

/** Goes to a page, "/loans/1" for instance, or replaces the present one in the history. */
export function go(path, { replace = false } = {}) {
  if (replace) location.replace(`#${path}`);
  else location.hash = path;
}

/** Sets filters in the address without a new entry in the history; empty ones are left out. */
export function setQuery(values) {
  const { path, query } = here();
  for (const [name, value] of Object.entries(values)) {
    if (value === "" || value === null || value === undefined) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(history.state, "", `#${path}${text ? `?${text}` : ""}`);
  for (const watch of watchers) watch();
}

/** The present route; the component is drawn again when it changes. */
export function useRoute() {
  const [route, setRoute] = useState(here);
  useEffect(() => {
    const update = () => setRoute(here());
    watchers.add(update);
    addEventListener("hashchange", update);
    return () => {
      watchers.delete(update);
      removeEventListener("hashchange", update);
    };
  }, []);
  return route;
}

/** The first of the routes [pattern, load, …] that fits, with its parameters: "/loans/:id" fits "/loans/1". */
export function match(routes, path) {
  for (const [pattern, ...rest] of routes) {
    const names = [];
    const form = pattern.replace(/:(\w+)/g, (_, name) => (names.push(name), "([^/]+)"));
    const found = new RegExp(`^${form}/?$`).exec(path);
    if (found) {
      const params = Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1])]));
      return { pattern, rest, params };
    }
  }
  return null;
}

let timer = 0;
let wanted = history.state?.top ?? 0; // where the entry was left that is being shown
let isArriving = true; // a page that is being replaced is short for a moment: that is no scroll of the person's

addEventListener(
  "scroll",
  () => {
    clearTimeout(timer);
    if (isArriving) return;
    timer = setTimeout(() => history.replaceState({ ...history.state, top: scrollY }, ""), 120);
  },
  { passive: true },
);
addEventListener("popstate", (event) => {
  clearTimeout(timer);
  wanted = event.state?.top ?? 0; // links and Back both come here; only Back finds a place
  isArriving = true;
});

/** After a new page stands: the title, the focus on its heading, and the scroll of the entry that Back went to. */
export function arrive(title, isFirst) {
  document.title = title;
  const heading = document.querySelector("main h1");
  if (heading && !isFirst) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  restore(wanted, performance.now() + RESTORE_MS);
}

/** Scrolls once the page is long enough again. A person who scrolls first keeps the page where it is. */
function restore(top, until) {
  const ended = new AbortController();
  const stop = () => {
    ended.abort();
    isArriving = false;
  };
  const attempt = () => {
    if (ended.signal.aborted) return;
    scrollTo(0, top);
    if (Math.abs(scrollY - top) <= 2 || performance.now() > until) stop();
    else requestAnimationFrame(attempt);
  };
  addEventListener("wheel", stop, { passive: true, signal: ended.signal });
  addEventListener("touchstart", stop, { passive: true, signal: ended.signal });
  addEventListener("keydown", stop, { signal: ended.signal });
  attempt();
}
