/* Shown to a signed-in user whose role belongs to the other console. */

import { html, Notice, ROOT } from "./ui.js";

export default function WrongConsole({ user }) {
  const isOperator = user.role === "ADMIN";
  return html`<h1>${isOperator ? "You are signed in as an operator" : "This panel is for operators"}</h1>
    <${Notice} kind="info"><p>${
      isOperator
        ? "This console is for borrowers and lenders. Operators use the operator panel."
        : `You are signed in as ${user.username}. Go to the console to borrow and lend.`
    }</p>
      <p class="actions"><a class="button primary" href=${`${ROOT}${isOperator ? "admin/" : "app/"}`}>
        ${isOperator ? "Go to operator panel" : "Go to console"}</a></p><//>`;
}
