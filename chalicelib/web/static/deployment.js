/* Settings of the deployment on which pages depend. The server writes them into the page. */

const { payments, stage } = document.documentElement.dataset;

/** The payment provider: "instant", "sandbox" or "bank". */
export const PROVIDER = payments || "instant";

/** True if deposits and withdrawals take effect immediately, without a bank. */
export const IS_INSTANT = PROVIDER === "instant";

/** True on a laptop, where the business date can be moved. */
export const IS_LOCAL = stage === "local";
