/* The panel's start: red first, then the book. */

import { Card, Empty, Facts, html, Loaded, Notice, sentenceCase, useLoad } from "./ui.js";
import { cents, money, wire } from "./money.js";
import { get } from "./api.js";
import { latestReport } from "./report-parts.js";
import { Figures } from "./figures.js";
import { utcText } from "./dates.js";

const REPORT = "loan_status_summary_report";

async function load(signal) {
  const [balance, { tasks }] = await Promise.all([
    get("api/admin/ledger/trial-balance/", null, signal),
    get("api/admin/tasks/", { limit: 1 }, signal),
  ]);
  return { balance, tasks, report: await latestReport(REPORT, tasks, signal) };
}

export default function Overview() {
  const page = useLoad(load);
  return html`<h1>Overview</h1><${Loaded} of=${page}>${({ balance, report, tasks }) => html`<div class="stack">
    <${Alarms} balance=${balance} tasks=${tasks} />
    ${
      report
        ? html`<${Figures} report=${report} />`
        : html`<${Card} title="The book"><${Empty} icon="file-text" title="No report yet. Run it.">
            <a class="button primary" href="#/jobs">Jobs</a><//><//>`
    }
    <${Accounts} balance=${balance} /><${LastRuns} tasks=${tasks} /></div>`}<//>`;
}

function Alarms({ balance, tasks }) {
  const isBalanced = cents(balance.total) === 0;
  const failed = tasks.filter((task) => task.last_run?.errors.length > 0);
  return html`${
    !isBalanced &&
    html`<${Notice} kind="bad" title=${`The ledger is off by ${money(balance.total)}.`}>
      <p><a href="#/ledger">Look into the trial balance</a></p><//>`
  }
    ${failed.map(
      (task) => html`<${Notice} kind="bad" key=${task.name} title=${`${sentenceCase(task.name)} ran with errors.`}>
        <p>${task.last_run.errors[0]}</p><p><a href="#/jobs">See its runs</a></p><//>`,
    )}
    ${
      isBalanced &&
      failed.length === 0 &&
      html`<${Notice} kind="good" title="The ledger is balanced, and no job ran with errors." />`
    }`;
}

function Accounts({ balance: { accounts } }) {
  const sum = (start) =>
    accounts.filter(({ account }) => account.startsWith(start)).reduce((all, one) => all + cents(one.balance), 0);
  const tile = (term, size, way) => html`<div class="tile"><p class="term">${term}</p>
    <p class="figure m">${money(wire(size))}</p><a class="small" href=${way}>Accounts</a></div>`;
  return html`<div class="grid tiles">${tile("In wallets", sum("wallet:"), "#/ledger?q=wallet:")}
    ${tile("On loans, not yet paid out", sum("loan:"), "#/ledger?q=loan:")}
    ${tile("Fee income", sum("platform:fees"), "#/ledger?q=platform:fees")}
    ${tile("From outside", -sum("external:cash"), "#/ledger?q=external:cash")}</div>`;
}

function LastRuns({ tasks }) {
  return html`<${Card} title="Jobs" aside=${html`<a href="#/jobs">All runs</a>`}><${Facts} of=${tasks.map((task) => [
    sentenceCase(task.name),
    task.last_run ? utcText(task.last_run.started_at) : "Has not run yet",
  ])} /><//>`;
}
