/* The states of deposits and withdrawals: their names, their timeline, and what can be done in each. No imports. */

const LABELS = {
  DEPOSIT: {
    PENDING: ["PENDING", "Waiting for payment"],
    SETTLED: ["COMPLETED", "Received"],
    FAILED: ["DEFAULTED", "Failed"],
    EXPIRED: ["CANCELLED", "Expired"],
    CANCELLED: ["CANCELLED", "Cancelled"],
    RETURNED: ["OVERDUE", "Returned"],
  },
  WITHDRAWAL: {
    REQUESTED: ["PENDING", "Requested"],
    SUBMITTED: ["PENDING_FUNDING", "Sent to bank"],
    SETTLED: ["COMPLETED", "Paid"],
    REJECTED: ["DEFAULTED", "Rejected"],
    CANCELLED: ["CANCELLED", "Cancelled"],
    RETURNED: ["OVERDUE", "Returned"],
  },
};

const FAILURES = {
  AC01: "The account number is wrong.",
  AC03: "The account number is wrong.",
  AC04: "The account is closed.",
  AC06: "The account is blocked.",
  AG01: "The account does not accept this kind of payment.",
  AM04: "The account did not have enough money.",
  AM09: "The amount was wrong.",
  BE01: "The name does not match the account.",
  CUST: "The sender requested the money back.",
  DUPL: "The payment was a duplicate.",
  FOCR: "The sender’s bank requested the money back.",
  MD06: "The account holder requested the money back.",
  MS02: "The account holder gave no reason.",
  MS03: "The bank gave no reason.",
  REJECTED_BY_OPERATOR: "The payment could not be made.",
  RR04: "The bank refused for regulatory reasons.",
  SANDBOX: "This was triggered by a test control.",
};

/** The statuses by which a list of transfers can be filtered, by direction; all of them without a direction. */
export function statusesOf(direction) {
  if (direction) return Object.keys(LABELS[direction]);
  return [...new Set(Object.values(LABELS).flatMap(Object.keys))];
}

/** Returns [value, label] of a transfer's status for the component Status. */
export function statusOf({ direction, status }) {
  return LABELS[direction]?.[status] ?? ["", status];
}

/** A sentence for the failure code of a transfer, or null. Codes are those of ISO 20022 or of the provider. */
export function failureText(code) {
  if (!code) return null;
  return FAILURES[code] ?? `The bank’s reason: ${code.replaceAll("_", " ")}.`;
}

const step = (label, at, state = "done") => ({ label, at: at ?? null, state });

function depositSteps({ status, created_at: created, settled_at: settled, returned_at: returned }) {
  const started = step("Deposit started", created);
  const added = step("Added to your wallet", settled);
  switch (status) {
    case "PENDING":
      return [started, step("Waiting for your transfer", null, "current"), step("Added to your wallet", null, "next")];
    case "SETTLED":
      return [started, added];
    case "RETURNED":
      return [started, added, step("Returned by the bank, and taken from your wallet", returned, "failed")];
    case "EXPIRED":
      return [started, step("Expired, because no payment arrived", null, "failed")];
    case "CANCELLED":
      return [started, step("Cancelled", null, "failed")];
    default:
      return [started, step("Failed", null, "failed")];
  }
}

function withdrawalSteps(transfer) {
  const { status, reference, created_at: created, submitted_at: submitted, settled_at: settled } = transfer;
  const requested = step("Requested", created);
  const sent = step("Sent to bank", submitted);
  const paid = step("Paid", settled);
  switch (status) {
    case "REQUESTED":
      return [step("Requested", created, "current"), step("Sent to bank", null, "next"), step("Paid", null, "next")];
    case "SUBMITTED":
      return [requested, step("Sent to bank", submitted, "current"), step("Paid", null, "next")];
    case "SETTLED":
      return reference ? [requested, sent, paid] : [requested, paid]; // without a bank nothing is sent
    case "RETURNED": {
      const returned = step("Returned by the bank, and back in your wallet", transfer.returned_at, "failed");
      return [requested, sent, paid, returned];
    }
    case "CANCELLED":
      return [requested, step("Cancelled, and back in your wallet", null, "failed")];
    default: {
      const rejected = step("Rejected, and back in your wallet", null, "failed");
      return submitted ? [requested, sent, rejected] : [requested, rejected];
    }
  }
}

/**
 * The timeline of a transfer: [{label, at, state}], oldest first. `at` is an instant or null; `state` is "done",
 * "current", "next" or "failed".
 */
export function timelineOf(transfer) {
  return transfer.direction === "DEPOSIT" ? depositSteps(transfer) : withdrawalSteps(transfer);
}

/** True while the owner can cancel a transfer. */
export function isCancellable({ direction, status }) {
  return direction === "DEPOSIT" ? status === "PENDING" : status === "REQUESTED";
}

/** True while an operator can reject a transfer. */
export function isRejectable({ direction, status }) {
  return direction === "WITHDRAWAL" && (status === "REQUESTED" || status === "SUBMITTED");
}

/** The test events that the sandbox accepts in a transfer's state: "settle", "fail", "return". */
export function sandboxEvents({ direction, status }) {
  if (status === "SETTLED") return ["return"];
  if (["PENDING", "REQUESTED", "SUBMITTED"].includes(status)) return ["settle", "fail"];
  return direction === "DEPOSIT" && status !== "RETURNED" ? ["settle"] : [];
}
