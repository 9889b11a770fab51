/* The forms that start a deposit or a withdrawal, each with its confirmation. */

import { Button, html, LoadedContent, useLoad } from "./ui.js";
import { Form, MoneyField, TextField, useForm, validate } from "./forms.js";
import { formatCents, formatMoney, toCents } from "./money.js";
import { BankAccountChoice, isUsable } from "./bank-account-choice.js";
import { get } from "./api.js";
import { IS_INSTANT } from "./deployment.js";
import { useConfirmation } from "./dialog.js";

/** The texts of the form in each direction; they differ between a provider that settles now and one that does later. */
const TEXTS = {
  deposit: {
    verb: "Deposit",
    busyText: IS_INSTANT ? "Depositing…" : "Creating…",
    review: "Review deposit",
    completed: (amount) => (IS_INSTANT ? `Deposit of ${amount} completed.` : `Deposit of ${amount} started.`),
    note: IS_INSTANT ? null : "Next, we show you how to send the money from your bank.",
  },
  withdraw: {
    verb: "Withdraw",
    busyText: "Withdrawing…",
    review: "Review withdrawal",
    completed: (amount) => `Withdrawal of ${amount} ${IS_INSTANT ? "completed" : "requested"}.`,
    note: IS_INSTANT ? null : "We reserve the money now and send it to your bank with the next payout.",
  },
};

/** The form of a deposit or withdrawal. A withdrawal to a bank first loads the user's bank accounts. */
export function WalletMovement(props) {
  return props.kind === "withdraw" && !IS_INSTANT
    ? html`<${WithdrawalToBank} ...${props} />`
    : html`<${MovementForm} ...${props} accounts=${null} />`;
}

function WithdrawalToBank(props) {
  const accounts = useLoad((signal) => get("api/bank-accounts/", null, signal));
  return html`<${LoadedContent} state=${accounts}>${({ items }) =>
    items.length === 0
      ? html`<${BankAccountChoice} accounts=${items} />`
      : html`<${MovementForm} ...${props} accounts=${items} />`}<//>`;
}

function chosenAccount(accounts) {
  const usable = (accounts ?? []).filter(isUsable);
  return usable.length === 1 ? usable[0].id : "";
}

function MovementForm({ kind, user, wallet, initialAmount, accounts, onDone }) {
  const isDeposit = kind === "deposit";
  const texts = TEXTS[kind];
  const form = useForm(
    { amount: initialAmount ?? "", description: "", ...(accounts && { bank_account_id: chosenAccount(accounts) }) },
    {
      amount: validate.money(),
      description: validate.optional,
      bank_account_id: (id) => (id ? { value: id } : { error: "Choose a bank account." }),
    },
  );
  const confirmation = useConfirmation(user);
  const review = (values) => {
    const { amount } = values;
    const after = toCents(wallet.available) + (isDeposit ? 1 : -1) * toCents(amount);
    if (after < 0) {
      const message = `You can withdraw up to ${formatMoney(wallet.available)}.`;
      form.showProblem({ errors: [{ field: "amount", message }] });
      return undefined;
    }
    const account = accounts?.find((item) => item.id === values.bank_account_id);
    return confirmation.open({
      slot: `${kind}:${wallet.id}`,
      label: `${texts.verb} ${formatMoney(amount)}`,
      completed: texts.completed(formatMoney(amount)),
      busyText: texts.busyText,
      path: `api/wallets/${kind}/`,
      body: values,
      details: [
        isDeposit ? ["To", "Your wallet"] : ["From", "Your wallet"],
        account && ["To", `${account.holder}, ${account.masked}`],
        ["Available", formatMoney(wallet.available)],
        [isDeposit ? "Available after deposit" : "Available after withdrawal", formatCents(after)],
      ],
      note: texts.note,
      onDone,
      recovery: ({ code }) =>
        code?.startsWith("bank_account_") &&
        html`<a class="button" href="#/wallet/bank-accounts">View bank accounts</a>`,
    });
  };
  return html`<${Form} form=${form} onSubmit=${review} label=${texts.verb}>
    ${accounts && html`<${BankAccountChoice} form=${form} accounts=${accounts} />`}
    <div class="pair"><${MoneyField} form=${form} name="amount" label="Amount" />
      <${TextField} form=${form} name="description" label="Note (optional)" maxlength="255" /></div>
    <${Button} kind="primary" type="submit" busy=${form.busy}>${texts.review}<//>
    ${confirmation.element}<//>`;
}
