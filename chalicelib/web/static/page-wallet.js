/* The wallet: what is there, money in and out, the history, a statement to download. */

import { Button, Card, html, Loaded, Notice, ProblemNotice, sentenceCase, useLoad, useState } from "./ui.js";
import { Form, MoneyField, rule, TextField, useForm } from "./field.js";
import { List, useList } from "./table.js";
import { cents, money, signedMoney, wire } from "./money.js";
import { dayFromToday, momentText, today } from "./dates.js";
import { download, get } from "./api.js";
import { setQuery } from "./router.js";
import { useConfirm } from "./dialog.js";

const TYPES = [
  "DEPOSIT",
  "WITHDRAWAL",
  "LOAN_FUNDING",
  "LOAN_PAYMENT",
  "PLATFORM_FEE",
  "LATE_FEE",
  "REFUND",
  "REVERSAL",
];
const COLUMNS = [
  ["What", (row) => sentenceCase(row.type), { head: true }],
  ["When", (row) => momentText(row.created_at)],
  ["Note", (row) => row.description || "–"],
  ["In or out", (row) => (cents(row.amount) < 0 ? "Out" : "In")],
  [
    "Amount",
    (row) => html`<span class=${cents(row.amount) < 0 ? "" : "in"}>${signedMoney(row.amount)}</span>`,
    { num: true },
  ],
];

export default function Wallet({ user, query }) {
  const wallet = useLoad((signal) => get("api/wallets/", null, signal));
  const filters = { type: query.get("type") ?? "", from: query.get("from") ?? "", to: query.get("to") ?? "" };
  const history = useList("api/wallets/transactions/", filters);
  const [movement, setMovement] = useState(query.get("add") ? "deposit" : null);
  const moved = (data) => {
    setMovement(null);
    setQuery({ add: null });
    if (data) wallet.put(data.wallet);
    else wallet.reload();
    history.reload();
  };
  return html`<h1>Wallet</h1>
    <${Loaded} of=${wallet}>${(found) => html`<${Card} kind="hero">
      <p class="muted">Available</p><p class="figure">${money(found.available)}</p>
      ${
        cents(found.held) > 0 &&
        html`<p>${money(found.held)} is held for offers that lend by themselves. It comes back
        when the offer closes.</p>`
      }
      <p class="actions">
        <${Button} kind=${movement === "deposit" ? "" : "primary"} icon="arrow-down-left"
          aria-expanded=${movement === "deposit"}
          onClick=${() => setMovement(movement === "deposit" ? null : "deposit")}>Deposit<//>
        <${Button} icon="arrow-up-right" aria-expanded=${movement === "withdraw"}
          onClick=${() => setMovement(movement === "withdraw" ? null : "withdraw")}>Withdraw<//></p>
      ${
        movement &&
        html`<${Movement} key=${movement} kind=${movement} user=${user} wallet=${found}
        wanted=${query.get("add")} onDone=${moved} />`
      }<//>`}<//>
    <${Card} title="History"><${Filters} filters=${filters} />
      <${List} list=${history} columns=${COLUMNS} caption="History of the wallet" keyOf=${(row) => row.id + row.type}
        empty=${
          Object.values(filters).some(Boolean)
            ? {
                title: "Nothing matches.",
                way: html`<${Button} onClick=${() => setQuery({ type: "", from: "", to: "" })}>Clear filters<//>`,
              }
            : { icon: "wallet", title: "No money yet. Deposit to begin." }
        } /><//>
    <${Statement} />`;
}

function Movement({ kind, user, wallet, wanted, onDone }) {
  const isDeposit = kind === "deposit";
  const form = useForm({ amount: wanted ?? "", description: "" }, { amount: rule.money(), description: rule.optional });
  const confirm = useConfirm(user);
  const review = ({ amount, description }) => {
    const after = cents(wallet.available) + (isDeposit ? 1 : -1) * cents(amount);
    if (after < 0) {
      form.refuse({ errors: [{ field: "amount", message: `at most ${money(wallet.available)} can be taken out` }] });
      return undefined;
    }
    return confirm.ask({
      slot: `${kind}:${wallet.id}`,
      label: `${isDeposit ? "Deposit" : "Withdraw"} ${money(amount)}`,
      busyText: isDeposit ? "Depositing…" : "Withdrawing…",
      path: `api/wallets/${kind}/`,
      body: { amount, ...(description && { description }) },
      facts: [
        isDeposit ? ["Into", "Your wallet"] : ["From", "Your wallet"],
        ["Available now", money(wallet.available)],
        ["Available after", money(wire(after))],
      ],
      onDone,
    });
  };
  return html`<${Form} form=${form} onSubmit=${review} label=${isDeposit ? "Deposit" : "Withdraw"}>
    <div class="pair"><${MoneyField} form=${form} name="amount" label="Amount" />
      <${TextField} form=${form} name="description" label="Note (optional)" maxlength="255" /></div>
    <${Button} kind="primary" type="submit" busy=${form.busy}>${isDeposit ? "Review deposit" : "Review withdrawal"}<//>
    ${confirm.element}<//>`;
}

function Filters({ filters }) {
  const set = (name) => (event) => setQuery({ [name]: event.currentTarget.value });
  return html`<div class="filters" role="search" aria-label="Filter the history">
    <div class="field"><label for="type">Type</label><select class="control" id="type" onChange=${set("type")}>
      <option value="" selected=${!filters.type}>All</option>
      ${TYPES.map((type) => html`<option value=${type}
        selected=${type === filters.type}>${sentenceCase(type)}</option>`)}
    </select></div>
    ${[
      ["from", "From"],
      ["to", "Until"],
    ].map(
      ([name, word]) => html`<div class="field" key=${name}>
      <label for=${name}>${word}</label><input class="control" type="date" id=${name} value=${filters[name]}
        max=${today()} onChange=${set(name)} /></div>`,
    )}</div>`;
}

function Statement() {
  const [days, setDays] = useState({ from: `${dayFromToday(-30)}`, to: today() });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const save = async () => {
    setBusy(true);
    setProblem(null);
    await download("api/wallets/statement/", days, `statement-${days.from}-${days.to}.csv`).catch(setProblem);
    setBusy(false);
  };
  const isBackwards = days.from > days.to;
  return html`<${Card} title="Statement">
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    ${isBackwards && html`<${Notice} kind="warn" title="The first day is after the last." />`}
    <div class="filters">
      ${[
        ["from", "First day"],
        ["to", "Last day"],
      ].map(
        ([name, word]) => html`<div class="field" key=${name}>
        <label for=${`statement-${name}`}>${word}</label><input class="control" type="date" id=${`statement-${name}`}
          value=${days[name]} max=${today()}
            onChange=${(event) => setDays({ ...days, [name]: event.currentTarget.value })} /></div>`,
      )}
      <${Button} icon="download" busy=${busy} busyText="Preparing…" onClick=${save}
        aria-disabled=${isBackwards || !days.from || !days.to ? "true" : undefined}>Download CSV<//></div><//>`;
}
