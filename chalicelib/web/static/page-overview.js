/* The panel's start: red first, then the book. */

import { Card, Empty, html, Loaded, Notice, sentenceCase, useLoad } from "./ui.js";
import { cents, money } from "./money.js";
import { get } from "./api.js";
import { isFailed } from "./page-jobs.js";
import { latestReport } from "./report-parts.js";
import { Figures } from "./figures.js";
import { utcText } from "./dates.js";

async function load(signal) {
  const [balance, runs] = await Promise.all([
    get("api/admin/ledger/trial-balance/", null, signal),
    get("api/admin/tasks/", { limit: 100 }, signal),
  ]);
  return { balance, runs: runs.items, report: await latestReport(REPORT, runs.items, signal) };
}

const REPORT = "loan_status_summary_report";

export default function Overview() {
  const page = useLoad(load);
  return html`<h1>Overview</h1><${Loaded} of=${page}>${({ balance, report, runs }) => html`<div class="stack">
    <${Alarms} balance=${balance} runs=${runs} />
    ${
      report
        ? html`<${Figures} report=${report} />`
        : html`<${Card} title="The book"><${Empty} icon="file-text" title="No report yet. Run it.">
      <a class="button primary" href="#/jobs">Jobs</a><//><//>`
    }
    <${Accounts} balance=${balance} /><${LastRuns} runs=${runs} /></div>`}<//>`;
}

function Alarms({ balance, runs }) {
  const failed = latestOfEach(runs).filter(isFailed);
  return html`${
    cents(balance.total) !== 0 &&
    html`<${Notice} kind="bad" title=${`The ledger is off by ${money(balance.total)}.`}>
      <p><a href="#/ledger">Look into the trial balance</a></p><//>`
  }
    ${failed.map((run) => html`<${Notice} kind="bad" key=${run.task}
      title=${`${sentenceCase(run.task)} failed.`}><p><a href="#/jobs">See its runs</a></p><//>`)}
    ${cents(balance.total) === 0 && failed.length === 0 && html`<${Notice} kind="good"
      title="The ledger is balanced and no job failed." />`}`;
}

function latestOfEach(runs) {
  const latest = new Map();
  for (const run of runs) if (!latest.has(run.task)) latest.set(run.task, run);
  return [...latest.values()];
}

function Accounts({ balance: { accounts } }) {
  const sum = (start) =>
    accounts.filter(({ account }) => account.startsWith(start)).reduce((all, one) => all + cents(one.balance), 0);
  const tile = (
    term,
    size,
    way,
  ) => html`<div class="tile"><p class="term">${term}</p><p class="figure m">${money((size / 100).toFixed(2))}</p>
    <a class="small" href=${way}>Accounts</a></div>`;
  return html`<div class="grid tiles">${tile("In wallets", sum("wallet:"), "#/ledger?q=wallet:")}
    ${tile("On loans, not yet paid out", sum("loan:"), "#/ledger?q=loan:")}
    ${tile("Fee income", sum("platform:fees"), "#/ledger?q=platform:fees")}
    ${tile("From outside", -sum("external:cash"), "#/ledger?q=external:cash")}</div>`;
}

function LastRuns({ runs }) {
  const latest = latestOfEach(runs);
  return html`<${Card} title="Last runs" aside=${html`<a href="#/jobs">All runs</a>`}>${
    latest.length === 0
      ? html`<${Empty} icon="activity" title="No runs yet." />`
      : html`<ul>${latest.map(
          (run) => html`<li class="facts" key=${run.task}><div><span>${sentenceCase(run.task)}</span>
        <span class="muted">${utcText(run.started_at)}</span></div></li>`,
        )}</ul>`
  }<//>`;
}
