/* The application shell: navigation, the page of the current route, expired sessions, intents without an outcome. */

import {
  Button,
  html,
  Icon,
  NOT_FOUND,
  Notice,
  ProblemNotice,
  render,
  ROOT,
  Skeleton,
  useEffect,
  useRef,
  useState,
} from "./ui.js";
import { dismissIntent, onIntentsChange, pendingIntents, retryIntent } from "./intents.js";
import { successMessage, unconfirmedTexts } from "./intents.js";
import { currentUser, onSessionChange, signOut } from "./session.js";
import { completeNavigation, matchRoute, navigate, useRoute } from "./router.js";
import { formatDateTime } from "./dates.js";
import { onSessionExpired } from "./api.js";

/**
 * Starts a console.
 * @param {{name: string, routesFor: function(object|null): Array, navFor: function(object|null): Array}} options
 *   routes: [pattern, load, title]; navigation: [path, icon, label]
 */
export function startConsole(options) {
  render(html`<${Shell} ...${options} />`, document.getElementById("root"));
}

function useUser() {
  const [user, setUser] = useState(undefined);
  useEffect(() => {
    const read = () =>
      currentUser().then((current) =>
        setUser((old) => {
          if (old && current && old.id !== current.id) location.reload(); // another tab changed the user
          return current;
        }),
      );
    read();
    return onSessionChange(read);
  }, []);
  return user;
}

function Shell({ name, routesFor, navFor }) {
  const user = useUser();
  const route = useRoute();
  const skipToContent = (event) => {
    event.preventDefault();
    document.querySelector("main h1, main")?.focus();
  };
  if (user === undefined) return html`<main><${Skeleton} /></main>`;
  const nav = navFor(user);
  return html`<a class="skip" href="#main" onClick=${skipToContent}>Skip to main content</a>
    <header class="top"><a class="brand" href=${ROOT}><span class="mark" aria-hidden="true">
      <${Icon} name="arrow-left-right" /></span>Lending<span class="brand-part">${name}</span></a>
      <${AccountLinks} user=${user} /></header>
    ${
      nav.length > 0 &&
      html`<nav aria-label="Main" class=${nav.length > 5 ? "many" : ""}><ul>
      ${nav.map(
        ([path, icon, label]) => html`<li key=${path}><a href=${`#${path}`}
        aria-current=${isWithin(route.path, path) ? "page" : undefined}><${Icon} name=${icon} />${label}</a></li>`,
      )}
    </ul></nav>`
    }
    <main id="main" tabindex="-1">
      ${user && html`<${PendingIntents} user=${user} />`}
      <${Page} key=${`${user?.id}${route.path}`} user=${user} route=${route} routes=${routesFor(user)} name=${name} />
    </main>
    <${SessionExpiredDialog} user=${user} />`;
}

function isWithin(path, section) {
  return section === "/" ? path === "/" : path === section || path.startsWith(`${section}/`);
}

function AccountLinks({ user }) {
  if (!user) return html`<div class="account"><a class="button" href="#/sign-in">Sign in</a></div>`;
  const handleSignOut = () => signOut().then(() => navigate("/sign-in"));
  return html`<div class="account"><a class="button quiet" href="#/profile"
    aria-label=${`Profile: ${user.first_name || user.username}`}><${Icon} name="user" />
    <span class="name">${user.first_name || user.username}</span></a>
    <${Button} kind="quiet" icon="log-out" onClick=${handleSignOut}><span class="wide-only">Sign out</span>
    <span class="sr-only narrow-only">Sign out</span><//></div>`;
}

let isFirst = true;

function Page({ user, route, routes, name }) {
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

/** Intents that were sent without a response, each with a button that retries it. */
function PendingIntents({ user }) {
  const [intents, setIntents] = useState([]);
  useEffect(() => {
    const read = () => pendingIntents(user.id).then(setIntents);
    read();
    return onIntentsChange(read);
  }, [user.id]);
  const [outcome, setOutcome] = useState(null);
  return html`${
    outcome &&
    html`<${Notice} kind="good" title=${outcome}>
      <p class="actions"><${Button} onClick=${() => location.reload()}>Refresh the page<//></p><//>`
  }
    ${intents.map((intent) => html`<${PendingIntent} key=${intent.key} intent=${intent} onDone=${setOutcome} />`)}`;
}

function PendingIntent({ intent, onDone }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const { title, advice, retry } = unconfirmedTexts(intent);
  const handleRetry = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const { replayed, isResolvedElsewhere } = await retryIntent(intent);
      const resolved = `${intent.label}: this was confirmed in another tab. Check your history.`;
      onDone(isResolvedElsewhere ? resolved : successMessage(intent, replayed));
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  if (problem && problem.isUncertain === false) {
    return html`<${ProblemNotice} problem=${problem}><p>${intent.label}: no money was moved.</p><//>`;
  }
  return html`<${Notice} kind="warn" title=${title}>
    <p>${intent.label}, sent ${formatDateTime(intent.createdAt)}. ${
      intent.isExpired ? "It is too late to retry. Check your wallet history to see if it went through." : advice
    }</p>
    ${problem && html`<p>${problem.message}</p>`}
    <p class="actions">${
      intent.isExpired
        ? html`<${Button} onClick=${() => dismissIntent(intent)}>Dismiss<//>`
        : html`<${Button} kind="primary" busy=${busy} busyText="Retrying…" onClick=${handleRetry}>${retry}<//>`
    }</p><//>`;
}

/** Asks for the password in a dialog when the session has expired, so that an open form keeps its content. */
function SessionExpiredDialog({ user }) {
  const [View, setView] = useState(null);
  const resolve = useRef(null);
  const pending = useRef(null);
  useEffect(
    () =>
      onSessionExpired(() => {
        if (!user) return Promise.resolve(false);
        pending.current ??= new Promise((resolvePending) => {
          resolve.current = resolvePending;
          import("./sign-in-again.js").then((module) => setView(() => module.default));
        });
        return pending.current;
      }),
    [user?.id],
  );
  const handleDone = (isSignedIn) => {
    setView(null);
    pending.current = null;
    resolve.current?.(isSignedIn);
  };
  return View && html`<${View} user=${user} onDone=${handleDone} />`;
}
