/* The reserved part of a wallet, broken down by reason. */

import { DescriptionList, html, useLoad } from "./ui.js";
import { formatCents, formatMoney, sumOf, toCents } from "./money.js";
import { get } from "./api.js";
import { IS_INSTANT } from "./deployment.js";

const PAGE_SIZE = 100;

/** Returns the sum of the withdrawals in progress in cents, or null if there are too many for one page. */
async function withdrawalsInProgress(signal) {
  const query = { direction: "WITHDRAWAL", limit: PAGE_SIZE };
  const pages = await Promise.all(
    ["REQUESTED", "SUBMITTED"].map((status) => get("api/transfers/", { ...query, status }, signal)),
  );
  if (pages.some((page) => page.next_cursor !== null)) return null;
  return pages.reduce((sum, page) => sum + sumOf(page.items, "amount"), 0);
}

/** The amount that is reserved for auto-invest offers and for withdrawals, or nothing. */
export function ReservedAmount({ held }) {
  if (toCents(held) === 0) return null;
  return IS_INSTANT
    ? html`<p>${formatMoney(held)} reserved for auto-invest offers. It becomes available again if an offer is not
        accepted.</p>`
    : html`<${Breakdown} key=${held} held=${held} />`;
}

function Breakdown({ held }) {
  const { data: withdrawals } = useLoad(withdrawalsInProgress);
  const offers = toCents(held) - (withdrawals ?? 0);
  const isKnown = typeof withdrawals === "number" && offers >= 0;
  return html`<${DescriptionList} items=${[
    ["Reserved", formatMoney(held)],
    isKnown && offers > 0 && [html`<span class="part">Auto-invest offers</span>`, formatCents(offers)],
    isKnown &&
      withdrawals > 0 && [
        html`<a class="part" href="#/wallet/transfers?direction=WITHDRAWAL">Withdrawals in progress</a>`,
        formatCents(withdrawals),
      ],
  ]} />`;
}
