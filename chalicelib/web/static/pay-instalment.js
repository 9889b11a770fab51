/* Opens the confirmation of a payment. The home page loads it when the user presses "Pay". */

import { instalmentConfirmation } from "./payment-confirmation.js";
import { useConfirmation } from "./dialog.js";
import { useEffect } from "./ui.js";

export default function PayInstalment({ user, instalment, wallet, onPaid, onStale, onClose }) {
  const confirmation = useConfirmation(user, onClose);
  useEffect(() => {
    confirmation.open(instalmentConfirmation({ loanId: instalment.loan_id, instalment, wallet, onPaid, onStale }));
  }, []);
  return confirmation.element;
}
