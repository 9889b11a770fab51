/* Requests that move money, each under one Idempotency-Key from the moment its confirmation opens.

   An intent is stored before it is sent and removed when its outcome is known. After a reload or a lost answer the
   stored body is sent again under the stored key, so that it counts once, whatever the screen shows by then. */

import { Problem, send } from "./api.js";
import { signedIn, stored } from "./session.js";

const TABLE = "intents";
const FORGET_AFTER_MS = 24 * 3_600_000; // past this, only the history tells
const watchers = new Set();
const tabs = new BroadcastChannel("lending-intents");
tabs.onmessage = () => watchers.forEach((watch) => watch());

function changed() {
  watchers.forEach((watch) => watch());
  tabs.postMessage("changed");
}

/** Calls back when an intent is stored or removed, in this tab or another. Returns how to stop. */
export function onIntents(watch) {
  watchers.add(watch);
  return () => watchers.delete(watch);
}

/**
 * A new intent with a key of its own.
 * @param {{user: string, slot: string, label: string, path: string, body: object}} wish
 *   slot: what may be under way only once, such as "pay:<loan>"; label: "Pay $172.55"
 */
export function mint({ user, slot, label, path, body, method = "POST" }) {
  return { user, slot, label, method, path, body, key: crypto.randomUUID(), at: Date.now() };
}

/** The intents of a person whose outcome is not known. Those that a tab is sending right now are left out. */
export async function pendingIntents(user) {
  const held = (await navigator.locks.query()).held.map((lock) => lock.name);
  const all = await stored.all(TABLE);
  return all
    .filter((intent) => intent.user === user && !held.includes(lockOf(intent)))
    .map((intent) => ({ ...intent, isOld: Date.now() - intent.at > FORGET_AFTER_MS }));
}

/** Whether something with an unknown outcome, or under way, has this slot. */
export async function slotIsTaken(user, slot) {
  return (await stored.all(TABLE)).some((intent) => intent.user === user && intent.slot === slot);
}

/** Forget an intent whose outcome the person has looked up. */
export async function dismiss(intent) {
  await stored.remove(TABLE, intent.key);
  changed();
}

function lockOf(intent) {
  return `lending-intent-${intent.user}-${intent.slot}`;
}

function settledName(intent) {
  return `${lockOf(intent)}-settled`;
}

/** Nothing is sent for somebody else, nor beside another intent of its slot, in whichever tab that was made, nor when
    one has come through since this one's confirmation was opened: the figures on it are no longer true. */
async function requireTurn(intent) {
  if ((await signedIn())?.id !== intent.user) {
    throw new Problem({ status: 403, code: "other_person", detail: "Somebody else is signed in now." });
  }
  const all = await stored.all(TABLE);
  if (all.some((one) => one.user === intent.user && one.slot === intent.slot && one.key !== intent.key)) {
    throw new Problem({ status: 409, code: "slot_taken", detail: "The same thing was sent in another tab." });
  }
  const isNew = !all.some((one) => one.key === intent.key);
  if (isNew && intent.at <= ((await stored.get("session", settledName(intent))) ?? 0)) {
    const detail = "The same thing has been done in another tab meanwhile. Look at the new figures first.";
    throw new Problem({ status: 409, code: "slot_taken", detail });
  }
}

/** Sends a stored intent again, as it is. Gives {isSettled: true} when another tab has found out the outcome. */
export async function resend(intent) {
  return (await stored.get(TABLE, intent.key)) ? carryOut(intent) : { isSettled: true };
}

/**
 * Sends an intent, for the first time or again, and returns {data, replayed}.
 * Throws the Problem; when it is final the intent is forgotten, otherwise it waits for another try.
 */
export function carryOut(intent) {
  return navigator.locks.request(lockOf(intent), async () => {
    await requireTurn(intent);
    await stored.put(TABLE, intent.key, intent);
    try {
      const outcome = await send(intent.method, intent.path, { body: intent.body, key: intent.key });
      await stored.put("session", settledName(intent), Date.now());
      await stored.remove(TABLE, intent.key);
      return outcome;
    } catch (problem) {
      if (problem.isUncertain === false) await stored.remove(TABLE, intent.key);
      throw problem;
    } finally {
      queueMicrotask(() => setTimeout(changed)); // once the lock is free
    }
  });
}
