/* Routing by the fragment of the address, with filters in its query. Back restores filters and scroll position. */

import { Button, html, NOT_FOUND, Notice, Skeleton, useEffect, useState } from "./ui.js";

const RESTORE_TIMEOUT_MS = 5000;
const listeners = new Set();

history.scrollRestoration = "manual";

/** Returns the route in the address: {path, query}. */
export function currentRoute() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  return { path: path || "/", query: new URLSearchParams(query) };
}

/** Goes to a path such as "/loans/1"; with `replace`, without a new history entry. */
export function navigate(path, { replace = false } = {}) {
  if (replace) location.replace(`#${path}`);
  else location.hash = path;
}

/** Sets filters in the address without a new history entry. Empty values are removed. */
export function setQuery(values) {
  const { path, query } = currentRoute();
  for (const [name, value] of Object.entries(values)) {
    if (value === "" || value === null || value === undefined) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(history.state, "", `#${path}${text ? `?${text}` : ""}`);
  for (const listener of listeners) listener();
}

/** Returns the current route and renders the component again when the route changes. */
export function useRoute() {
  const [route, setRoute] = useState(currentRoute);
  useEffect(() => {
    const update = () => setRoute(currentRoute());
    listeners.add(update);
    addEventListener("hashchange", update);
    return () => {
      listeners.delete(update);
      removeEventListener("hashchange", update);
    };
  }, []);
  return route;
}

/** Returns the first route [pattern, load, …] that matches, with its parameters: "/loans/:id" matches "/loans/1". */
function matchRoute(routes, path) {
  for (const [pattern, ...rest] of routes) {
    const names = [];
    const source = pattern.replace(/:(\w+)/g, (_, name) => (names.push(name), "([^/]+)"));
    const found = new RegExp(`^${source}/?$`).exec(path);
    if (found) {
      const params = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1])]));
      return { pattern, rest, params };
    }
  }
  return null;
}

let timer = 0;
let savedScrollTop = history.state?.scrollTop ?? 0; // the scroll position of the current history entry when it was left
let isNavigating = true; // while a page is replaced it is short for a moment: that scroll event is not the user's

addEventListener(
  "scroll",
  () => {
    clearTimeout(timer);
    if (isNavigating) return;
    timer = setTimeout(() => history.replaceState({ ...history.state, scrollTop: scrollY }, ""), 120);
  },
  { passive: true },
);
addEventListener("popstate", (event) => {
  clearTimeout(timer);
  savedScrollTop = event.state?.scrollTop ?? 0; // links trigger popstate too, but only Back finds a saved position
  isNavigating = true;
});

/** Completes a navigation after the new page has rendered: sets the title, focuses the heading, restores the scroll. */
function completeNavigation(title, isFirst) {
  document.title = title;
  const heading = document.querySelector("main h1");
  if (heading && !isFirst) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  restoreScroll(savedScrollTop, performance.now() + RESTORE_TIMEOUT_MS);
}

/** Scrolls to a position as soon as the page is long enough, unless the user scrolls first. */
function restoreScroll(top, deadline) {
  const controller = new AbortController();
  const stop = () => {
    controller.abort();
    isNavigating = false;
  };
  const attempt = () => {
    if (controller.signal.aborted) return;
    scrollTo(0, top);
    if (Math.abs(scrollY - top) <= 2 || performance.now() > deadline) stop();
    else requestAnimationFrame(attempt);
  };
  addEventListener("wheel", stop, { passive: true, signal: controller.signal });
  addEventListener("touchstart", stop, { passive: true, signal: controller.signal });
  addEventListener("keydown", stop, { signal: controller.signal });
  attempt();
}

let isFirst = true;

/** The page of a route, loaded when it is opened first. `routes`: [pattern, load, title]; `name`: the console's. */
export function Page({ user, route, routes, name }) {
  const found = matchRoute(routes, route.path);
  const [load, title] = found?.rest ?? [];
  const [View, setView] = useState(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let isMounted = true;
    load?.().then(
      (module) => isMounted && setView(() => module.default),
      () => setFailed(true),
    );
    return () => (isMounted = false);
  }, []);
  useEffect(() => {
    if (!View && found) return;
    completeNavigation(`${title ?? "Not found"} · ${name}`, isFirst);
    isFirst = false;
  }, [View]);
  if (hasFailed)
    return html`<h1>A new version is available</h1><${Notice} kind="warn">Reload the page to continue.
    <p class="actions"><${Button} kind="primary" onClick=${() => location.reload()}>Reload<//></p><//>`;
  if (!found)
    return html`<h1>Page not found</h1><${Notice} kind="warn" title=${NOT_FOUND}>
    <p><a href="#/">Go to the home page</a></p><//>`;
  return View ? html`<${View} user=${user} params=${found.params} query=${route.query} />` : html`<${Skeleton} />`;
}
