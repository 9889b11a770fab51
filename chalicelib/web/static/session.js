/* The session. The access token stays in memory. The refresh token is in IndexedDB, where all tabs see the newest one.
   Tabs refresh one at a time, because reusing a refresh token ends the session. */

import { ROOT } from "./ui.js";

const LOCK = "lending-session";
const REFRESH_MARGIN_MS = 30_000; // renew before the token expires, so that a slow request is still accepted
let access = null; // {token, expiresAt}
const listeners = new Set();
const channel = new BroadcastChannel("lending-session");

let databasePromise = null;
function openDatabase() {
  databasePromise ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("lending", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("session");
      request.result.createObjectStore("intents");
    };
    request.onsuccess = () => {
      request.result.onversionchange = closeDatabase; // sign-out in another tab deletes the database
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return databasePromise;
}

async function closeDatabase() {
  const closing = databasePromise;
  databasePromise = null;
  (await closing)?.close();
}

async function openTransaction(storeName, mode) {
  const database = await openDatabase();
  return database.transaction(storeName, mode, { durability: "strict" });
}

async function runTransaction(storeName, mode, operation) {
  const transaction = await openTransaction(storeName, mode).catch((error) => {
    if (error.name !== "InvalidStateError") throw error;
    return openTransaction(storeName, mode); // the database was closed in between
  });
  const request = operation(transaction.objectStore(storeName));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** Key-value stores in IndexedDB. A write has reached the disk when its promise resolves. */
export const storage = {
  get: (storeName, key) => runTransaction(storeName, "readonly", (store) => store.get(key)),
  all: (storeName) => runTransaction(storeName, "readonly", (store) => store.getAll()),
  put: (storeName, key, value) => runTransaction(storeName, "readwrite", (store) => store.put(value, key)),
  remove: (storeName, key) => runTransaction(storeName, "readwrite", (store) => store.delete(key)),
  clear: (storeName) => runTransaction(storeName, "readwrite", (store) => store.clear()),
};

/** Deletes all stored data, except requests with an unknown outcome: with their keys a payment is never made twice. */
async function deleteStoredData() {
  await storage.clear("session");
  if ((await storage.all("intents")).length > 0) return;
  await closeDatabase();
  await new Promise((resolve) => {
    const request = indexedDB.deleteDatabase("lending");
    request.onsuccess = request.onerror = request.onblocked = resolve; // its records are gone in any case
  });
}

/** Returns the signed-in user, or null. After a reload the user is known before the token is renewed. */
export async function currentUser() {
  return (await storage.get("session", "current"))?.user ?? null;
}

/** Calls the listener when the session changes, in this tab or another. Returns a function that unsubscribes. */
export function onSessionChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notifyListeners() {
  for (const listener of listeners) listener();
}
channel.onmessage = () => {
  access = null;
  notifyListeners();
};

function publishChange() {
  notifyListeners();
  channel.postMessage("changed");
}

async function saveTokens({ token, refresh_token: refreshToken, expires_in: seconds, user }) {
  await storage.put("session", "current", { refreshToken, user });
  access = { token, expiresAt: Date.now() + seconds * 1000 - REFRESH_MARGIN_MS };
}

/** Starts a session from the response of a login. */
export async function signIn(tokens) {
  await navigator.locks.request(LOCK, () => saveTokens(tokens));
  publishChange();
}

/** Ends the session in all tabs and on the server, and deletes the data stored in this browser. Waits for a refresh in
    progress, which would restore the session. */
export async function signOut() {
  const session = await navigator.locks.request(LOCK, clearSession);
  if (!session) return;
  await post("api/users/logout/", { refresh_token: session.refreshToken }).catch(() => {
    // The token is no longer in this browser and expires on its own.
  });
}

async function clearSession() {
  const session = await storage.get("session", "current");
  access = null;
  await deleteStoredData();
  publishChange();
  return session;
}

/** Replaces the stored user after a change of the profile. */
export async function updateStoredUser(user) {
  await navigator.locks.request(LOCK, async () => {
    const session = await storage.get("session", "current");
    if (session) await storage.put("session", "current", { ...session, user });
  });
  notifyListeners();
}

function post(path, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return fetch(ROOT + path, { method: "POST", headers, body: JSON.stringify(body) });
}

/**
 * Returns a valid access token, or null without a session.
 * @param {string} [rejectedToken] a token that the server has just rejected and that must be replaced
 */
export async function accessToken(rejectedToken) {
  return validToken(rejectedToken) ?? navigator.locks.request(LOCK, () => refreshAccessToken(rejectedToken));
}

function validToken(rejectedToken) {
  return access && access.token !== rejectedToken && Date.now() < access.expiresAt ? access.token : null;
}

async function refreshAccessToken(rejectedToken) {
  const token = validToken(rejectedToken); // another caller may have renewed it while this one waited for the lock
  if (token) return token;
  const session = await storage.get("session", "current");
  if (!session) return null;
  const response = await post("api/users/token/refresh/", { refresh_token: session.refreshToken });
  if (response.ok) {
    await saveTokens(await response.json());
    return access.token;
  }
  if (response.status === 401) {
    access = null;
    return null; // the stored session stays: the sign-in dialog shows its username
  }
  throw Object.assign(new Error("The session could not be renewed."), { response });
}
