/* The instructions of a deposit: where to send the money, with which reference, and a QR code for banking apps. */

import { Card, html, Notice } from "./ui.js";
import { formatDate, formatRelativeDay } from "./dates.js";
import { CopyableList } from "./copy-button.js";
import { formatMoney } from "./money.js";
import { inGroups } from "./bank-numbers.js";
import { readQrCode } from "./qr-path.js";

/** The instructions of a deposit that has not arrived. */
export function DepositInstructions({ instructions }) {
  const { account_name: name, iban, bic, reference, amount, expires_on: expires } = instructions;
  return html`<${Card} title=${`Send ${formatMoney(amount)} from your bank`}>
    <p>Make a bank transfer with these details. We add the money to your wallet when it arrives, usually within one to
      two working days.</p>
    <div class="instructions"><${CopyableList} items=${[
      ["Account name", name],
      ["IBAN", iban, inGroups(iban)],
      bic && ["BIC", bic],
      ["Amount", amount, formatMoney(amount)],
      ["Reference", reference, inGroups(reference)],
    ]} /><${QrCode} svg=${instructions.qr_svg} /></div>
    <${Notice} kind="warn" title="Use exactly this reference and amount.">
      <p>Without the reference we can’t tell that the money is yours, and it takes longer to reach your wallet.</p><//>
    ${
      expires &&
      html`<p class="muted">Send the money by ${formatDate(expires)} (${formatRelativeDay(expires)}). A transfer that
      arrives later is still added to your wallet.</p>`
    }<//>`;
}

/** The code that fills in a transfer in a banking app (EPC069-12), or nothing. */
function QrCode({ svg }) {
  const code = readQrCode(svg);
  if (!code) return null;
  return html`<figure class="qr"><svg viewBox=${`0 0 ${code.size} ${code.size}`} role="img"
      aria-label="QR code with the details of this transfer" shape-rendering="crispEdges">
      <path d=${code.path} /></svg>
    <figcaption class="small muted">Scan it with your banking app.</figcaption></figure>`;
}
