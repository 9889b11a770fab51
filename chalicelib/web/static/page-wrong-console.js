/* For somebody who is signed in, but not for this console. */

import { html, Notice, ROOT } from "./ui.js";

export default function WrongConsole({ user }) {
  const isOperator = user.role === "ADMIN";
  return html`<h1>${isOperator ? "You are an operator" : "This panel is for operators"}</h1>
    <${Notice} kind="info"><p>${
      isOperator
        ? "Borrowing and lending happen here; operators work in their own panel."
        : `You are signed in as ${user.username}. Borrowing and lending happen in the console.`
    }</p>
      <p class="actions"><a class="button primary" href=${`${ROOT}${isOperator ? "admin/" : "app/"}`}>
        ${isOperator ? "Open the operator panel" : "Open the console"}</a></p><//>`;
}
