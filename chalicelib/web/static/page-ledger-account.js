/* One ledger account: its balance, and its postings with a running balance. */

import { Button, Card, html, LoadedContent, useLoad, useState } from "./ui.js";
import { get } from "./api.js";
import { formatMoney } from "./money.js";
import { Postings } from "./postings-table.js";

export default function LedgerAccount({ params: { account } }) {
  const path = `api/admin/ledger/accounts/${encodeURIComponent(account)}/`;
  const page = useLoad((signal) => get(path, { limit: 100 }, signal), [account]);
  const [busy, setBusy] = useState(false);
  const loadMore = async () => {
    setBusy(true);
    const next = await get(path, { limit: 100, cursor: page.data.next_cursor }).finally(() => setBusy(false));
    page.setData({ ...page.data, items: [...page.data.items, ...next.items], next_cursor: next.next_cursor });
  };
  return html`<p><a class="back" href="#/ledger">Ledger</a></p><h1 class="long">${account}</h1>
    <${LoadedContent} state=${page}>${({ balance, items, next_cursor: cursor }) => html`<${Card}>
      <p class="muted">Balance</p><p class="figure">${formatMoney(balance)}</p>
      <${Postings} items=${items} balance=${balance} />
      ${
        cursor &&
        html`<p class="actions"><${Button} busy=${busy} busyText="Loading…"
        onClick=${loadMore}>Load more<//></p>`
      }<//>`}<//>`;
}
