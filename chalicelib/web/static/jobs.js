/* The names and descriptions of the scheduled jobs. */

import { sentenceCase } from "./ui.js";

/** The label and the description of each job. */
export const JOBS = {
  check_overdue_payments: [
    "Check overdue payments",
    "Collects instalments by autopay, marks overdue payments, charges late fees, defaults loans and pays small " +
      "remainders.",
  ],
  loan_status_summary_report: [
    "Write daily report",
    "Reports loans by status, arrears, portfolio at risk, cash and fees.",
  ],
  reconcile_ledger: [
    "Reconcile ledger",
    "Compares wallets, loans, transfers and the newest bank statement with the ledger.",
  ],
  expire_stale_loans: [
    "Expire stale loans",
    "Closes requests that were not taken up, and ends fundings and auto-invest offers whose time is up.",
  ],
  expire_transfers: ["Expire deposits", "Ends deposits that were not paid in time."],
  cleanup_expired_loan_cache: ["Clean up cache", "Removes expired entries from the cache."],
};

/** The name of a job as operators see it. */
export function jobLabel(name) {
  return JOBS[name]?.[0] ?? sentenceCase(name);
}
