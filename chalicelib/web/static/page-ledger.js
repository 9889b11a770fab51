/* The trial balance: every account, and that they sum to nothing. */

import { Card, Empty, html, Loaded, Notice, useLoad } from "./ui.js";
import { cents, money } from "./money.js";
import { get } from "./api.js";
import { Search } from "./page-users.js";
import { Table } from "./table.js";

const MOST_ROWS = 200;

function accountLink(account) {
  return html`<a href=${`#/ledger/${encodeURIComponent(account)}`}>${account}</a>`;
}

export default function Ledger({ query }) {
  const balance = useLoad((signal) => get("api/admin/ledger/trial-balance/", null, signal));
  const q = query.get("q") ?? "";
  return html`<h1>Ledger</h1><${Loaded} of=${balance}>${({ accounts, total }) => {
    const found = accounts.filter(({ account }) => account.includes(q));
    return html`<div class="stack">${
      cents(total) === 0
        ? html`<${Notice} kind="good" title=${`All ${accounts.length} accounts sum to ${money(total)}.`}>
            The ledger is balanced.<//>`
        : html`<${Notice} kind="bad" title=${`The ledger is off by ${money(total)}.`}>
            Run the reconciliation and stop payouts.<//>`
    }
      <${Card} title="Trial balance"><${Search} label="Account contains" given=${q} />
        ${
          found.length === 0
            ? html`<${Empty} icon="search" title="No account matches." />`
            : html`<${Table} caption="Trial balance"
          rows=${found.slice(0, MOST_ROWS)} keyOf=${(row) => row.account}
            foot=${q ? undefined : ["Total", money(total)]} columns=${[
            ["Account", (row) => (row.account.endsWith("*") ? row.account : accountLink(row.account)), { head: true }],
            ["Balance", (row) => money(row.balance), { num: true }],
          ]} />`
        }
        ${found.length > MOST_ROWS && html`<p
          class="muted">${found.length - MOST_ROWS} more: narrow the search.</p>`}<//></div>`;
  }}<//>`;
}
