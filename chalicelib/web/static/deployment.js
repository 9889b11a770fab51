/* Settings of the deployment on which pages depend. The server writes them into the page. */

/** The payment provider: "instant", "sandbox" or "bank". */
export const PROVIDER = document.documentElement.dataset.payments || "instant";

/** True if deposits and withdrawals take effect immediately, without a bank. */
export const IS_INSTANT = PROVIDER === "instant";
