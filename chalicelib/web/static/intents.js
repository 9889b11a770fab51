/* Intents: requests that must take effect exactly once, each with its own Idempotency-Key.

   An intent is stored before it is sent and removed when its outcome is known. After a reload or a lost response the
   stored body is sent again with the stored key, so it takes effect once, whatever the page shows by then. */

import { Problem, send } from "./api.js";
import { currentUser, storage } from "./session.js";

const STORE = "intents";
const RETRY_WINDOW_MS = 24 * 3_600_000; // the server forgets the key after this
const PAYMENT_SLOT = /^(deposit|withdraw|fund|pay):/;
const listeners = new Set();
const channel = new BroadcastChannel("lending-intents");
channel.onmessage = () => listeners.forEach((listener) => listener());

function publishChange() {
  listeners.forEach((listener) => listener());
  channel.postMessage("changed");
}

/** Calls the listener when an intent is stored or removed, in any tab. Returns a function that unsubscribes. */
export function onIntentsChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Creates an intent with a new Idempotency-Key.
 * @param {{userId: string, slot: string, label: string, completed: string, path: string, body: object}} request
 *   slot: the action that may be pending only once, such as "pay:<loan>"; label: "Pay $172.55"; completed: the message
 *   on success
 */
export function createIntent({ userId, slot, label, completed, path, body }) {
  return { userId, slot, label, completed, path, body, key: crypto.randomUUID(), createdAt: Date.now() };
}

function isPayment({ slot }) {
  return PAYMENT_SLOT.test(slot);
}

/** The message after an intent has succeeded, now or, if it was replayed, before. */
export function successMessage(intent, replayed) {
  if (!replayed) return intent.completed;
  return isPayment(intent)
    ? "This payment had already gone through. You were charged once."
    : `${intent.label}: this had already gone through.`;
}

/** The texts for an intent with an unknown outcome: {title, advice, retry}. */
export function unconfirmedTexts(intent) {
  return isPayment(intent)
    ? {
        title: "We couldn’t confirm this payment.",
        advice: "Retry payment. You won’t be charged twice.",
        retry: "Retry payment",
      }
    : { title: "We couldn’t confirm this request.", advice: "Retry. It won’t be processed twice.", retry: "Retry" };
}

/** Returns a user's intents with an unknown outcome, without those that a tab is sending now. */
export async function pendingIntents(userId) {
  const locks = (await navigator.locks.query()).held.map((lock) => lock.name);
  const all = await storage.all(STORE);
  return all
    .filter((intent) => intent.userId === userId && !locks.includes(lockName(intent)))
    .map((intent) => ({ ...intent, isExpired: Date.now() - intent.createdAt > RETRY_WINDOW_MS }));
}

/** Returns true if an intent of this slot is being sent or has an unknown outcome. */
export async function isSlotPending(userId, slot) {
  return (await storage.all(STORE)).some((intent) => intent.userId === userId && intent.slot === slot);
}

/** Removes an intent whose outcome the user has checked. */
export async function dismissIntent(intent) {
  await storage.remove(STORE, intent.key);
  publishChange();
}

function lockName(intent) {
  return `lending-intent-${intent.userId}-${intent.slot}`;
}

function completionKey(intent) {
  return `${lockName(intent)}-completed`;
}

/** Rejects an intent of another user, a second intent of a slot, and an intent whose confirmation shows figures from
    before the last success in its slot. Tabs share the store, so this holds across tabs. */
async function requireSendable(intent) {
  if ((await currentUser())?.id !== intent.userId) {
    throw new Problem({ status: 403, code: "other_user", detail: "You are now signed in with a different account." });
  }
  const all = await storage.all(STORE);
  if (all.some((other) => other.userId === intent.userId && other.slot === intent.slot && other.key !== intent.key)) {
    throw new Problem({ status: 409, code: "slot_taken", detail: "You already sent this in another tab." });
  }
  const isNew = !all.some((other) => other.key === intent.key);
  if (isNew && intent.createdAt <= ((await storage.get("session", completionKey(intent))) ?? 0)) {
    const detail = "You already did this in another tab. Check the updated figures first.";
    throw new Problem({ status: 409, code: "slot_taken", detail });
  }
}

/** Sends a stored intent again unchanged. Returns {isResolvedElsewhere: true} if another tab knows the outcome. */
export async function retryIntent(intent) {
  return (await storage.get(STORE, intent.key)) ? sendIntent(intent) : { isResolvedElsewhere: true };
}

/**
 * Sends an intent, for the first time or again, and returns {data, replayed}.
 * @throws {Problem} if it is final the intent is removed, otherwise the intent stays and can be retried
 */
export function sendIntent(intent) {
  return navigator.locks.request(lockName(intent), async () => {
    await requireSendable(intent);
    await storage.put(STORE, intent.key, intent);
    try {
      const outcome = await send("POST", intent.path, { body: intent.body, key: intent.key });
      await storage.put("session", completionKey(intent), Date.now());
      await storage.remove(STORE, intent.key);
      return outcome;
    } catch (problem) {
      if (problem.isUncertain === false) await storage.remove(STORE, intent.key);
      throw problem;
    } finally {
      queueMicrotask(() => setTimeout(publishChange)); // after the lock has been released
    }
  });
}
