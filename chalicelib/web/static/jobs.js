/* The names and descriptions of the scheduled jobs. */

import { sentenceCase } from "./ui.js";

export const JOBS = {
  check_overdue_payments: {
    label: "Check overdue payments",
    description: "Marks overdue payments, charges late fees and schedules each loan’s next check.",
  },
  loan_status_summary_report: {
    label: "Write daily report",
    description: "Reports loans by status, arrears, portfolio at risk, cash and fees.",
  },
  reconcile_ledger: {
    label: "Reconcile ledger",
    description: "Compares every wallet and loan with its postings.",
  },
  expire_stale_loans: {
    label: "Expire stale loans",
    description: "Closes loan requests that were not taken up and fundings that lapsed.",
  },
  cleanup_expired_loan_cache: {
    label: "Clean up cache",
    description: "Removes expired entries from the cache.",
  },
};

/** The name of a job as operators see it. */
export function jobLabel(name) {
  return JOBS[name]?.label ?? sentenceCase(name);
}
