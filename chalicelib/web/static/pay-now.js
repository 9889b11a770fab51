/* The confirmation of a payment, loaded when somebody presses "Pay" on the first page. */

import { dayText } from "./dates.js";
import { leftOf } from "./money.js";
import { paymentWish } from "./pay.js";
import { useConfirm } from "./dialog.js";
import { useEffect } from "./ui.js";

export default function PayNow({ user, row, wallet, onDone, onStale, onClose }) {
  const confirm = useConfirm(user, onClose);
  useEffect(() => {
    confirm.ask(
      paymentWish({
        loanId: row.loan_id,
        amountCents: leftOf(row),
        wallet,
        what: `Instalment ${row.number}, due ${dayText(row.due_date)}`,
        onDone,
        onStale,
      }),
    );
  }, []);
  return confirm.element;
}
