/* Who is signed in. The access token lives in memory; the refresh token in IndexedDB, where all tabs see the
   newest one. Refreshing takes turns between tabs: a refresh token used twice would end the whole session. */

import { ROOT } from "./ui.js";

const LOCK = "lending-session";
const EARLY_MS = 30_000; // renew a little before the token ends, so that a slow request is not refused on arrival
let access = null; // {token, endsAt, userId}
const listeners = new Set();
const tabs = new BroadcastChannel("lending-session");

let opening = null;
function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("lending", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("session");
      request.result.createObjectStore("intents");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function transact(table, mode, work) {
  const transaction = (await database()).transaction(table, mode, { durability: "strict" });
  const request = work(transaction.objectStore(table));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** A small table in IndexedDB; what is put has reached the disk when the promise is kept. */
export const stored = {
  get: (table, key) => transact(table, "readonly", (store) => store.get(key)),
  all: (table) => transact(table, "readonly", (store) => store.getAll()),
  put: (table, key, value) => transact(table, "readwrite", (store) => store.put(value, key)),
  remove: (table, key) => transact(table, "readwrite", (store) => store.delete(key)),
};

/** The signed-in person, or null. Known at once after a reload, before the token is renewed. */
export async function signedIn() {
  return (await stored.get("session", "current"))?.user ?? null;
}

/** Calls back when somebody signs in or out, in this tab or another. Returns how to stop. */
export function onSession(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell() {
  for (const listener of listeners) listener();
}
tabs.onmessage = () => {
  access = null;
  tell();
};

async function keep(answer) {
  await stored.put("session", "current", { refreshToken: answer.refresh_token, user: answer.user });
  access = { token: answer.token, endsAt: Date.now() + answer.expires_in * 1000 - EARLY_MS, userId: answer.user.id };
}

/** Keep the answer of a login. */
export async function signIn(answer) {
  await navigator.locks.request(LOCK, () => keep(answer));
  tell();
  tabs.postMessage("changed");
}

/** Forget the session here and in the other tabs, and end it on the platform. A renewal under way is waited for:
    it would bring the session back. */
export async function signOut() {
  const current = await navigator.locks.request(LOCK, forget);
  if (!current) return;
  await post("api/users/logout/", { refresh_token: current.refreshToken }).catch(() => {
    // Nobody waits for it: the token is gone from this browser and ends by itself.
  });
}

async function forget() {
  const current = await stored.get("session", "current");
  access = null;
  await stored.remove("session", "current");
  tell();
  tabs.postMessage("changed");
  return current;
}

/** The signed-in person's newest names, after a change of the profile. */
export async function rememberUser(user) {
  await navigator.locks.request(LOCK, async () => {
    const current = await stored.get("session", "current");
    if (current) await stored.put("session", "current", { ...current, user });
  });
  tell();
}

function post(path, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return fetch(ROOT + path, { method: "POST", headers, body: JSON.stringify(body) });
}

/**
 * A token that is good now, or null when nobody is signed in.
 * @param {string} [refused] a token that the platform has just refused: one more is fetched in its stead
 */
export async function accessToken(refused) {
  if (access && access.token !== refused && Date.now() < access.endsAt) return access.token;
  return navigator.locks.request(LOCK, () => renewed(refused));
}

async function renewed(refused) {
  if (access && access.token !== refused && Date.now() < access.endsAt) return access.token;
  const current = await stored.get("session", "current");
  if (!current) return null;
  const response = await post("api/users/token/refresh/", { refresh_token: current.refreshToken });
  if (response.ok) {
    await keep(await response.json());
    return access.token;
  }
  if (response.status === 401) {
    access = null;
    return null; // the record stays: the dialog over the form says whose session ended
  }
  throw Object.assign(new Error("The session could not be renewed."), { response });
}
