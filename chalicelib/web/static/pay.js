/* What paying a loan asks of its confirmation. */

import { cents, money, wire } from "./money.js";
import { html, ROOT } from "./ui.js";

/** A wish for useConfirm: pay exactly this amount, which is the amount that was shown. */
export function paymentWish({ loanId, amountCents, wallet, what, strategy, onDone, onStale }) {
  const amount = wire(amountCents);
  const after = cents(wallet.available) - amountCents;
  return {
    slot: `pay:${loanId}`,
    label: `Pay ${money(amount)}`,
    done: `Paid ${money(amount)}`,
    busyText: "Paying…",
    path: `api/loans/${loanId}/pay/`,
    body: { amount, ...(strategy && { strategy }) },
    facts: [
      ["For", what],
      ["From", "Your wallet"],
      ["Available now", money(wallet.available)],
      after >= 0 ? ["Left after", money(wire(after))] : ["Missing", money(wire(-after))],
    ],
    onDone,
    onRefused: (problem) => problem.code === "exceeds_payoff" && onStale?.(),
    way: (problem) => depositWay(problem),
  };
}

/** A link to deposit what is missing, or nothing. */
export function depositWay(problem) {
  return (
    problem.missing &&
    html`<a class="button" href=${`${ROOT}app/#/wallet?add=${problem.missing}`}>
    Deposit the missing ${money(problem.missing)}</a>`
  );
}
