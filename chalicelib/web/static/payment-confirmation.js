/* The confirmation of a loan payment. */

import { formatCents, formatMoney, remainingAmount, toCents, toWire } from "./money.js";
import { html, ROOT } from "./ui.js";
import { formatDate } from "./dates.js";
import { PaymentPreview, previewPayment } from "./payment-preview.js";

/**
 * Returns a confirmation for useConfirmation that pays exactly the given amount, which is the amount on the page.
 * `options` are further fields of the request; `preview` is the effect of the payment, if it is known.
 */
export function paymentConfirmation({ loanId, amountCents, wallet, purpose, options, preview, onPaid, onStale }) {
  const amount = toWire(amountCents);
  const remaining = toCents(wallet.available) - amountCents;
  const body = { amount, ...options };
  return {
    slot: `pay:${loanId}`,
    label: `Pay ${formatMoney(amount)}`,
    completed: `Payment of ${formatMoney(amount)} received.`,
    busyText: "Paying…",
    path: `api/loans/${loanId}/pay/`,
    body,
    details: [
      ["For", purpose],
      ["From", "Your wallet"],
      ["Available", formatMoney(wallet.available)],
      remaining >= 0
        ? ["Available after payment", formatCents(remaining)]
        : ["Needed in your wallet", formatCents(-remaining)],
    ],
    content: preview && html`<${PaymentPreview} preview=${preview} />`,
    onDone: (_, message) => onPaid(message),
    onRefused: () => onStale?.(),
    recovery: depositLink,
  };
}

/**
 * Returns the confirmation that pays the rest of an instalment or, if that is less, pays off the loan. It asks for the
 * effect of the payment first; if that fails, the confirmation has no preview.
 */
export async function instalmentConfirmation({ loanId, instalment, ...options }) {
  const unpaidCents = remainingAmount(instalment);
  const preview = await previewPayment(loanId, { amount: toWire(unpaidCents) }).catch(() => null);
  const amountCents = preview ? toCents(preview.payment.amount) : unpaidCents;
  return paymentConfirmation({
    loanId,
    amountCents,
    preview,
    purpose:
      amountCents < unpaidCents
        ? "The full amount you owe, which is less than this instalment"
        : `Instalment ${instalment.number}, due ${formatDate(instalment.due_date)}`,
    ...options,
  });
}

/** A link that helps after a refusal: to a deposit of the missing amount, or to what the user owes; or nothing. */
export function depositLink({ missingAmount, code }) {
  if (code === "account_restricted") return html`<a class="button" href=${`${ROOT}app/#/wallet`}>Go to your wallet</a>`;
  return (
    missingAmount &&
    html`<a class="button" href=${`${ROOT}app/#/wallet?add=${missingAmount}`}>
    Deposit ${formatMoney(missingAmount)}</a>`
  );
}
