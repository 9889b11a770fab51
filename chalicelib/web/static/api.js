/* Calls of the platform. A refusal is thrown as a Problem, which knows a sentence for people and a way out. */

import { ROOT } from "./ui.js";
import { accessToken } from "./session.js";
import { money } from "./money.js";

const SENTENCES = {
  account_frozen: () => "This account is frozen. Money can come in, but not go out. Ask support why.",
  already_funded: () => "This is funded already.",
  exceeds_payoff: (facts) =>
    `That is more than is owed. Paying everything off today takes ${money(facts.payoff_amount)}.`,
  idempotency_key_reused: () => "This was sent before with other details. Open the action again.",
  insufficient_funds: ({ needed, missing }) =>
    `There is not enough in the wallet: this takes ${money(needed)}, and ${money(missing)} is missing.`,
  loan_not_open: () => "This loan no longer takes offers. Somebody was faster, or it was cancelled.",
  loan_not_ready: () => "Not yet: the offers accepted so far do not cover the whole amount.",
  offer_exists: () => "You have an offer on this loan already. Withdraw it to make another.",
  not_found: () => "Not here, or not yours.",
};

/** What the platform, or the way to it, said instead of the answer. */
export class Problem extends Error {
  constructor({ status, code, detail, errors, ...facts }, response) {
    super(detail || "Something went wrong.");
    this.status = status;
    this.code = code;
    this.facts = facts;
    this.errors = errors ?? [];
    this.requestId = response?.headers.get("x-request-id") ?? null;
    this.retryAfterSeconds = Number(response?.headers.get("retry-after")) || 0;
  }

  /** Our sentence for people. */
  get sentence() {
    return SENTENCES[this.code]?.(this.facts) ?? this.message;
  }

  /** What the wallet lacks, as the wire writes it, or null. */
  get missing() {
    return this.code === "insufficient_funds" ? this.facts.missing : null;
  }

  /** Whether the request may have had its effect, or may have it when it is sent again as it was. */
  get isUncertain() {
    return !(this.status >= 400 && this.status < 500) || [401, 408, 425, 429].includes(this.status);
  }
}

const OFFLINE = { status: 0, code: "no_answer", detail: "No answer from the platform. Check the connection." };
let askToSignIn = () => Promise.resolve(false);

/** Sets what asks for the password over the untouched page when a session has ended; resolves to whether it worked. */
export function whenSessionEnds(ask) {
  askToSignIn = ask;
}

/**
 * Sends a request and returns {data, replayed, response}.
 * @param {string} path below the root, such as "api/wallets/"
 * @param {{body?: object, key?: string, query?: object, signal?: AbortSignal, accept?: string, open?: boolean}} [how]
 *   open: the call needs nobody signed in
 */
export async function send(method, path, how = {}) {
  let token = how.open ? null : await tokenOrProblem();
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetched(method, path, how, token);
    if (response.ok) return answer(response, how.accept);
    if (response.status !== 401 || how.open) throw await problemOf(response);
    const next = attempt < 1 ? await tokenOrProblem(token) : null;
    token = next ?? ((await askToSignIn()) ? await tokenOrProblem() : null);
    if (token === null || attempt > 2) throw await problemOf(response);
  }
}

async function tokenOrProblem(refused) {
  try {
    return await accessToken(refused);
  } catch (error) {
    throw error.response ? await problemOf(error.response) : new Problem(OFFLINE);
  }
}

async function fetched(method, path, { body, key, query, signal, accept }, token) {
  const url = new URL(ROOT + path);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  const headers = { Accept: accept ?? "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (key) headers["Idempotency-Key"] = key;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const content = body === undefined ? undefined : JSON.stringify(body);
  try {
    return await fetch(url, { method, headers, body: content, signal, cache: "no-store" });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Problem(OFFLINE);
  }
}

async function answer(response, accept) {
  const replayed = response.headers.get("idempotent-replayed") === "true";
  if (response.status === 204) return { data: null, replayed, response };
  try {
    const data = accept && !accept.includes("json") ? await response.blob() : await response.json();
    return { data, replayed, response };
  } catch (error) {
    throw error.name === "AbortError" ? error : new Problem(OFFLINE, response);
  }
}

async function problemOf(response) {
  const document = await response.json().catch(() => ({}));
  return new Problem({ code: "unknown", ...document, status: response.status }, response);
}

/** The content that GET answers. */
export async function get(path, query, signal, how) {
  return (await send("GET", path, { query, signal, ...how })).data;
}

/** The content that POST answers; for what moves no money. */
export async function post(path, body, how) {
  return (await send("POST", path, { body, ...how })).data;
}

/** Loads a CSV with the access token and hands it to the browser under a file name. */
export async function download(path, query, fileName) {
  const { data } = await send("GET", path, { query, accept: "text/csv" });
  const url = URL.createObjectURL(new Blob([data], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: url, download: fileName }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
