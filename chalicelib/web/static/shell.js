/* The frame around the pages of a console: navigation, the page of the route, sessions that end, payments that hang. */

import {
  Button,
  html,
  Icon,
  Notice,
  ProblemNotice,
  render,
  ROOT,
  Skeleton,
  useEffect,
  useRef,
  useState,
} from "./ui.js";
import { dismiss, onIntents, pendingIntents, resend } from "./intent.js";
import { onSession, signedIn, signOut } from "./session.js";
import { arrive, go, match, useRoute } from "./router.js";
import { whenSessionEnds } from "./api.js";
import { momentText } from "./dates.js";

/**
 * Starts a console.
 * @param {{name: string, routesFor: function(object|null): Array, navFor: function(object|null): Array}} console
 *   routes: [pattern, load, title]; nav: [path, icon, word]
 */
export function start(given) {
  render(html`<${Frame} ...${given} />`, document.getElementById("root"));
}

function useUser() {
  const [user, setUser] = useState(undefined);
  useEffect(() => {
    const read = () =>
      signedIn().then((person) =>
        setUser((old) => {
          if (old && person && old.id !== person.id) location.reload(); // another tab changed who is here
          return person;
        }),
      );
    read();
    return onSession(read);
  }, []);
  return user;
}

function Frame({ name, routesFor, navFor }) {
  const user = useUser();
  const route = useRoute();
  const skip = (event) => {
    event.preventDefault();
    document.querySelector("main h1, main")?.focus();
  };
  if (user === undefined) return html`<main><${Skeleton} /></main>`;
  const nav = navFor(user);
  return html`<a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="top"><a class="brand" href=${ROOT}><span class="mark" aria-hidden="true">
      <${Icon} name="arrow-left-right" /></span>Lending<span class="brand-part">${name}</span></a>
      <${Account} user=${user} /></header>
    ${
      nav.length > 0 &&
      html`<nav aria-label="Main" class=${nav.length > 5 ? "many" : ""}><ul>
      ${nav.map(
        ([path, icon, word]) => html`<li key=${path}><a href=${`#${path}`}
        aria-current=${isWithin(route.path, path) ? "page" : undefined}><${Icon} name=${icon} />${word}</a></li>`,
      )}
    </ul></nav>`
    }
    <main id="main" tabindex="-1">
      ${user && html`<${Pending} user=${user} />`}
      <${Page} key=${`${user?.id}${route.path}`} user=${user} route=${route} routes=${routesFor(user)} name=${name} />
    </main>
    <${SignInAgain} user=${user} />`;
}

function isWithin(path, place) {
  return place === "/" ? path === "/" : path === place || path.startsWith(`${place}/`);
}

function Account({ user }) {
  if (!user) return html`<div class="account"><a class="button" href="#/sign-in">Sign in</a></div>`;
  const leave = () => signOut().then(() => go("/sign-in"));
  return html`<div class="account"><a class="button quiet" href="#/profile"
    aria-label=${`Profile: ${user.first_name || user.username}`}><${Icon} name="user" />
    <span class="name">${user.first_name || user.username}</span></a>
    <${Button} kind="quiet" icon="log-out" onClick=${leave}><span class="wide-only">Sign out</span>
    <span class="sr-only narrow-only">Sign out</span><//></div>`;
}

let isFirst = true;

function Page({ user, route, routes, name }) {
  const found = match(routes, route.path);
  const [load, title] = found?.rest ?? [];
  const [view, setView] = useState(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let isWanted = true;
    load?.().then(
      (module) => isWanted && setView(() => module.default),
      () => setFailed(true),
    );
    return () => (isWanted = false);
  }, []);
  useEffect(() => {
    if (!view && found) return;
    arrive(`${title ?? "Not found"} · ${name}`, isFirst);
    isFirst = false;
  }, [view]);
  if (failed)
    return html`<h1>A new version is here</h1><${Notice} kind="warn">Reload the page to go on.
    <p class="actions"><${Button} kind="primary" onClick=${() => location.reload()}>Reload<//></p><//>`;
  if (!found)
    return html`<h1>Not found</h1><${Notice} kind="warn" title="Not here, or not yours.">
    <p><a href="#/">To the start</a></p><//>`;
  const View = view;
  return View ? html`<${View} user=${user} params=${found.params} query=${route.query} />` : html`<${Skeleton} />`;
}

/** What was sent and never answered: the same request again tells what became of it. */
function Pending({ user }) {
  const [intents, setIntents] = useState([]);
  useEffect(() => {
    const read = () => pendingIntents(user.id).then(setIntents);
    read();
    return onIntents(read);
  }, [user.id]);
  const [outcome, setOutcome] = useState(null);
  return html`${
    outcome &&
    html`<${Notice} kind="good" title=${outcome}>
      <p class="actions"><${Button} onClick=${() => location.reload()}>Show the newest figures<//></p><//>`
  }
    ${intents.map((intent) => html`<${PendingOne} key=${intent.key} intent=${intent} onDone=${setOutcome} />`)}`;
}

function PendingOne({ intent, onDone }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const check = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const { replayed, isSettled } = await resend(intent);
      const outcome = replayed ? "it had gone through. It counted once." : "it has gone through now.";
      onDone(`${intent.label}: ${isSettled ? "another tab has settled it. The history tells." : outcome}`);
    } catch (refusal) {
      setProblem(refusal);
      setBusy(false);
    }
  };
  if (problem && problem.isUncertain === false) {
    return html`<${ProblemNotice} problem=${problem}><p>${intent.label}: nothing was moved.</p><//>`;
  }
  return html`<${Notice} kind="warn" title="A payment may not have finished.">
    <p>${intent.label}, sent ${momentText(intent.at)}. ${
      intent.isOld
        ? "That is long ago: look into the history of the wallet."
        : "Checking sends the same request again, and it counts once."
    }</p>
    ${problem && html`<p>${problem.sentence ?? problem.message}</p>`}
    <p class="actions">${
      intent.isOld
        ? html`<${Button} onClick=${() => dismiss(intent)}>I have looked<//>`
        : html`<${Button} kind="primary" busy=${busy} busyText="Checking…" onClick=${check}>Check it now<//>`
    }</p><//>`;
}

/** Asks for the password in a dialog when the session has ended, so that a form keeps what was typed. */
function SignInAgain({ user }) {
  const [Ask, setAsk] = useState(null);
  const settle = useRef(null);
  const waiting = useRef(null);
  useEffect(
    () =>
      whenSessionEnds(() => {
        if (!user) return Promise.resolve(false);
        waiting.current ??= new Promise((resolve) => {
          settle.current = resolve;
          import("./sign-in-again.js").then((module) => setAsk(() => module.default));
        });
        return waiting.current;
      }),
    [user?.id],
  );
  const finish = (isSignedIn) => {
    setAsk(null);
    waiting.current = null;
    settle.current?.(isSignedIn);
  };
  return Ask && html`<${Ask} user=${user} onDone=${finish} />`;
}
