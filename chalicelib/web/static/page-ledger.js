/* The trial balance: every ledger account with its balance, and their total. */

import { Card, EmptyState, html, LoadedContent, Notice, useLoad } from "./ui.js";
import { formatMoney, toCents } from "./money.js";
import { get } from "./api.js";
import { SearchFilter } from "./filters.js";
import { Table } from "./table.js";

const MAX_ROWS = 200;

function accountLink({ account }) {
  return account.endsWith("*") ? account : html`<a href=${`#/ledger/${encodeURIComponent(account)}`}>${account}</a>`;
}

export default function Ledger({ query }) {
  const balance = useLoad((signal) => get("api/admin/ledger/trial-balance/", null, signal));
  const q = query.get("q") ?? "";
  return html`<h1>Ledger</h1><${LoadedContent} state=${balance}>${({ accounts, total }) => {
    const found = accounts.filter(({ account }) => account.includes(q));
    return html`<div class="stack">${
      toCents(total) === 0
        ? html`<${Notice} kind="good" title=${`All ${accounts.length} accounts sum to ${formatMoney(total)}.`}>
            The ledger is balanced.<//>`
        : html`<${Notice} kind="bad" title=${`The ledger is out of balance by ${formatMoney(total)}.`}>
            Run the reconciliation job and stop payouts.<//>`
    }
      <${Card} title="Trial balance"><${SearchFilter} label="Account contains" query=${q} />
        ${
          found.length === 0
            ? html`<${EmptyState} icon="search" title="No accounts match your search." />`
            : html`<${Table} caption="Trial balance" rows=${found.slice(0, MAX_ROWS)} keyOf=${(row) => row.account}
            foot=${q ? undefined : ["Total", formatMoney(total)]} columns=${[
              ["Account", accountLink, { head: true }],
              ["Balance", (row) => formatMoney(row.balance), { num: true }],
            ]} />`
        }
        ${
          found.length > MAX_ROWS &&
          html`<p
          class="muted">${found.length - MAX_ROWS} more accounts. Narrow your search to see them.</p>`
        }<//></div>`;
  }}<//>`;
}
