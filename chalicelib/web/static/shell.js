/* The application shell: navigation, unread notifications, expired sessions, intents without an outcome. */

import { Button, html, Icon, Notice, ProblemNotice, render, ROOT, Skeleton } from "./ui.js";
import { useEffect, useRef, useState } from "./ui.js";
import { dismissIntent, onIntentsChange, pendingIntents, retryIntent } from "./intents.js";
import { successMessage, unconfirmedTexts } from "./intents.js";
import { currentUser, onSessionChange, signOut } from "./session.js";
import { navigate, Page, useRoute } from "./router.js";
import { formatDateTime } from "./dates.js";
import { get, onSessionExpired } from "./api.js";

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
      <${AccountLinks} user=${user} route=${nav.length > 0 ? route.path : null} /></header>
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

function AccountLinks({ user, route }) {
  if (!user) return html`<div class="account"><a class="button" href="#/sign-in">Sign in</a></div>`;
  const handleSignOut = () => signOut().then(() => navigate("/sign-in"));
  return html`<div class="account">${route && html`<${Bell} key=${user.id} route=${route} />`}
    <a class="button quiet" href="#/profile" aria-label=${`Profile: ${user.first_name || user.username}`}>
    <${Icon} name="user" /><span class="name">${user.first_name || user.username}</span></a>
    <${Button} kind="quiet" icon="log-out" onClick=${handleSignOut}><span class="wide-only">Sign out</span>
    <span class="sr-only narrow-only">Sign out</span><//></div>`;
}

const UNREAD_INTERVAL_MS = 60_000;
const unread = { count: 0, changes: 0, listeners: new Set() };

/** Shows another number of unread notifications in the header. A response to an earlier request is then ignored. */
export function setUnreadCount(count) {
  unread.count = count;
  unread.changes += 1;
  for (const listener of unread.listeners) listener(count);
}

/** Returns the number of unread notifications and renders the component again when it changes. */
export function useUnreadCount() {
  const [count, setCount] = useState(unread.count);
  useEffect(() => {
    unread.listeners.add(setCount);
    return () => unread.listeners.delete(setCount);
  }, []);
  return count;
}

/** The link to the notifications. It counts the unread ones after each navigation, and every minute while visible. */
function Bell({ route }) {
  const count = useUnreadCount();
  useEffect(() => () => setUnreadCount(0), []); // another user starts without a number
  useEffect(() => {
    const controller = new AbortController();
    const read = () => {
      const { changes } = unread;
      if (document.hidden) return;
      get("api/notifications/", { unread: true, limit: 1 }, controller.signal, { isBackground: true }).then(
        ({ unread_count: found }) => unread.changes === changes && setUnreadCount(found),
        () => {}, // the count stays as it is until the next time
      );
    };
    read();
    const timer = setInterval(read, UNREAD_INTERVAL_MS);
    document.addEventListener("visibilitychange", read, { signal: controller.signal });
    return () => (clearInterval(timer), controller.abort());
  }, [route]);
  return html`<a class="button quiet bell" href="#/notifications"
    aria-label=${count > 0 ? `Notifications, ${count} unread` : "Notifications"}><${Icon} name="bell" />
    ${count > 0 && html`<span class="count" aria-hidden="true">${count > 99 ? "99+" : count}</span>`}</a>`;
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
