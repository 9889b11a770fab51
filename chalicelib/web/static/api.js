/* API client: sends requests, renews the access token when it has expired, and throws each failure as a Problem. */

import { ROOT } from "./ui.js";
import { accessToken } from "./session.js";
import { formatMoney } from "./money.js";

const MESSAGES = {
  account_frozen: () =>
    "This account is frozen. You can receive money and repay your loans, but not withdraw, lend or borrow. " +
    "Contact support.",
  already_funded: () => "You have already funded this loan.",
  idempotency_key_reused: () => "This was already sent with different details. Close this and start again.",
  insufficient_funds: ({ needed, missing }) =>
    `You need ${formatMoney(needed)}. Add ${formatMoney(missing)} to your wallet to continue.`,
  loan_not_open: () => "This loan no longer accepts offers. It is fully subscribed or was cancelled.",
  loan_not_ready: () => "You can’t fund this loan yet. The accepted offers don’t cover the full amount.",
  offer_exists: () => "You already have an offer on this loan. Withdraw it to make a new one.",
  not_found: () => "We can’t find this, or you don’t have access to it.",
};

/** An error response of the API, or a request that got no response. Its message is the one to show to the user. */
export class Problem extends Error {
  constructor({ status, code, detail, errors, ...extensions }, response) {
    super(MESSAGES[code]?.(extensions) ?? (detail || "Something went wrong."));
    this.status = status;
    this.code = code;
    this.extensions = extensions;
    this.errors = errors ?? [];
    this.requestId = response?.headers.get("x-request-id") ?? null;
    this.retryAfterSeconds = Number(response?.headers.get("retry-after")) || 0;
  }

  /** The amount that the wallet lacks, as a decimal string, or null. */
  get missingAmount() {
    return this.code === "insufficient_funds" ? this.extensions.missing : null;
  }

  /** True if the request may have taken effect, or may still do so when it is sent again unchanged. */
  get isUncertain() {
    return !(this.status >= 400 && this.status < 500) || [401, 408, 425, 429].includes(this.status);
  }
}

const OFFLINE = { status: 0, code: "no_answer", detail: "We can’t reach the server. Check your connection." };
let promptSignIn = () => Promise.resolve(false);

/** Registers the handler that signs the user in again after the session has expired. It resolves to true on success. */
export function onSessionExpired(handler) {
  promptSignIn = handler;
}

/**
 * Sends a request and returns {data, replayed, response}.
 * @param {string} path relative to the root, such as "api/wallets/"
 * @param {{body?: object, key?: string, query?: object, signal?: AbortSignal, accept?: string,
 *   isPublic?: boolean}} [options] isPublic: the request needs no access token
 * @throws {Problem} for every response except success
 */
export async function send(method, path, options = {}) {
  let token = options.isPublic ? null : await tokenOrProblem();
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetchResponse(method, path, options, token);
    if (response.ok) return readResponse(response, options.accept);
    if (response.status !== 401 || options.isPublic) throw await toProblem(response);
    const renewed = attempt < 1 ? await tokenOrProblem(token) : null;
    token = renewed ?? ((await promptSignIn()) ? await tokenOrProblem() : null);
    if (token === null || attempt > 2) throw await toProblem(response);
  }
}

async function tokenOrProblem(rejectedToken) {
  try {
    return await accessToken(rejectedToken);
  } catch (error) {
    throw error.response ? await toProblem(error.response) : new Problem(OFFLINE);
  }
}

async function fetchResponse(method, path, { body, key, query, signal, accept }, token) {
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

async function readResponse(response, accept) {
  const replayed = response.headers.get("idempotent-replayed") === "true";
  if (response.status === 204) return { data: null, replayed, response };
  try {
    const data = accept && !accept.includes("json") ? await response.blob() : await response.json();
    return { data, replayed, response };
  } catch (error) {
    throw error.name === "AbortError" ? error : new Problem(OFFLINE, response);
  }
}

async function toProblem(response) {
  const document = await response.json().catch(() => ({}));
  return new Problem({ code: "unknown", ...document, status: response.status }, response);
}

/** Sends a GET request and returns the data of the response. */
export async function get(path, query, signal, options) {
  return (await send("GET", path, { query, signal, ...options })).data;
}

/** Sends a POST request that moves no money and returns the data of the response. */
export async function post(path, body, options) {
  return (await send("POST", path, { body, ...options })).data;
}

/** Downloads a CSV with the access token and saves it under a file name. */
export async function download(path, query, fileName) {
  const { data } = await send("GET", path, { query, accept: "text/csv" });
  const url = URL.createObjectURL(new Blob([data], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: url, download: fileName }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
