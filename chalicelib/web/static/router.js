/* Pages by the part of the address after "#". Filters stand in its query; Back restores them and the scroll. */

import { useEffect, useState } from "./ui.js";

const RESTORE_MS = 2000;
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
addEventListener(
  "scroll",
  () => {
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState({ ...history.state, top: scrollY }, ""), 120);
  },
  { passive: true },
);
addEventListener("hashchange", () => clearTimeout(timer));

/** After a new page stands: the title, the focus on its heading, and the scroll of the entry that Back went to. */
export function arrive(title, isFirst) {
  document.title = title;
  const top = history.state?.top;
  const heading = document.querySelector("main h1");
  if (heading && !isFirst) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  if (top) restore(top, performance.now() + RESTORE_MS);
  else if (!isFirst) scrollTo(0, 0);
}

/** Scrolls once the page is long enough again. A person who scrolls first keeps the page where it is. */
function restore(top, until) {
  let isTouched = false;
  const stop = () => (isTouched = true);
  addEventListener("wheel", stop, { once: true, passive: true });
  addEventListener("keydown", stop, { once: true });
  const attempt = () => {
    if (isTouched) return;
    scrollTo(0, top);
    if (Math.abs(scrollY - top) > 2 && performance.now() < until) requestAnimationFrame(attempt);
  };
  attempt();
}
