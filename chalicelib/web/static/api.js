/* API client: sends requests, renews the access token when it has expired, and throws each failure as a Problem. */

import { ROOT } from "./ui.js";
import { accessToken } from "./session.js";
import { formatMoney } from "./money.js";

const MESSAGES = {
  account_frozen: () =>
    "This account is frozen. You can receive money and repay your loans, but not withdraw, lend or borrow. " +
    "Contact support.",
  account_restricted: ({ receivable }) =>
    `Your account is restricted because a bank returned a deposit. You owe ${formatMoney(receivable)}.`,
  already_funded: () => "You have already funded this loan.",
  bank_account_exists: () => "You have already added this bank account.",
  bank_account_not_usable_yet: () =>
    "You added this bank account recently. Choose another account, or wait until you can use it.",
  clock_advancing: () => "The test clock is moving. Nothing was changed. Try again when it has finished.",
  idempotency_key_reused: () => "This was already sent with different details. Close this and start again.",
  insufficient_funds: ({ needed, missing }) =>
    `You need ${formatMoney(needed)}. Add ${formatMoney(missing)} to your wallet to continue.`,
  line_not_open: () => "Another operator has already resolved this entry. Reload the page.",
  loan_not_open: () => "This loan no longer accepts offers. It is fully subscribed or was cancelled.",
  loan_not_ready: () => "You can’t fund this loan yet. The accepted offers don’t cover the full amount.",
  nothing_to_pay_out: () => "No withdrawals are ready to be paid out.",
  offer_exists: () => "You already have an offer on this loan. Withdraw it to make a new one.",
  payments_not_configured: () =>
    "Deposits and withdrawals are not available at the moment. Nothing was changed. Contact support.",
  too_many_bank_accounts: () => "You have reached the limit of bank accounts. Remove one to add another.",
  too_many_webhook_endpoints: () => "You have reached the limit of webhook endpoints. Delete one to add another.",
  transfer_state: () => "This transfer has changed in the meantime. Reload the page to see its state.",
  not_found: () => "We can’t find this, or you don’t have access to it.",
};

/** Codes of 503 responses that are final: the request was refused and changed nothing. */
const REFUSALS = ["clock_advancing", "payments_not_configured"];

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
    if (REFUSALS.includes(this.code)) return false;
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
 * @param {{body?: object|Blob, key?: string, query?: object, signal?: AbortSignal, accept?: string,
 *   isPublic?: boolean, isBackground?: boolean}} [options] body: a file is sent as it is; isPublic: the request needs
 *   no access token; isBackground: an expired session fails the request instead of asking for the password
 * @throws {Problem} for every response except success
 */
export async function send(method, path, options = {}) {
  let token = options.isPublic ? null : await tokenOrProblem();
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetchResponse(method, path, options, token);
    if (response.ok) return readResponse(response, options.accept);
    if (response.status !== 401 || options.isPublic) throw await toProblem(response);
    const renewed = attempt < 1 ? await tokenOrProblem(token) : null;
    if (!renewed && options.isBackground) throw await toProblem(response);
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
  const isFile = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = isFile ? body.type : "application/json";
  const content = body === undefined || isFile ? body : JSON.stringify(body);
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

/** Downloads a file with the access token and saves it under a file name. */
export async function download(path, query, fileName, type = "text/csv") {
  const { data } = await send("GET", path, { query, accept: type });
  const url = URL.createObjectURL(new Blob([data], { type }));
  Object.assign(document.createElement("a"), { href: url, download: fileName }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
