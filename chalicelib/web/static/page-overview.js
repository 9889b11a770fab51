/* The home page of operators: problems first, then the daily report, account totals and the last run of each job. */

import { Card, DescriptionList, EmptyState, html, LoadedContent, Notice, useLoad } from "./ui.js";
import { formatCents, formatMoney, sumOf, toCents } from "./money.js";
import { get } from "./api.js";
import { jobLabel } from "./jobs.js";
import { latestReport } from "./report-content.js";
import { ReportSummary } from "./report-summary.js";
import { formatUtc } from "./dates.js";

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
  return html`<h1>Overview</h1>
    <${LoadedContent} state=${page}>${({ balance, report, tasks }) => html`<div class="stack">
    <${Alerts} balance=${balance} tasks=${tasks} />
    ${
      report
        ? html`<${ReportSummary} report=${report} />`
        : html`<${Card} title="Daily report"><${EmptyState} icon="file-text" title="No report yet.">
            <a class="button primary" href="#/jobs">Go to jobs</a><//><//>`
    }
    <${AccountTotals} balance=${balance} /><${LastRuns} tasks=${tasks} /></div>`}<//>`;
}

function Alerts({ balance, tasks }) {
  const isBalanced = toCents(balance.total) === 0;
  const failed = tasks.filter((task) => task.last_run?.errors.length > 0);
  return html`${
    !isBalanced &&
    html`<${Notice} kind="bad" title=${`The ledger is out of balance by ${formatMoney(balance.total)}.`}>
      <p><a href="#/ledger">View trial balance</a></p><//>`
  }
    ${failed.map(
      (task) => html`<${Notice} kind="bad" key=${task.name} title=${`${jobLabel(task.name)} finished with errors.`}>
        <p>${task.last_run.errors[0]}</p><p><a href="#/jobs">View runs</a></p><//>`,
    )}
    ${
      isBalanced &&
      failed.length === 0 &&
      html`<${Notice} kind="good" title="The ledger is balanced, and no job has failed." />`
    }`;
}

function AccountTotals({ balance: { accounts } }) {
  const total = (prefix) =>
    sumOf(
      accounts.filter(({ account }) => account.startsWith(prefix)),
      "balance",
    );
  const tile = (term, cents, href) => html`<div class="tile"><p class="term">${term}</p>
    <p class="figure m">${formatCents(cents)}</p><a class="small" href=${href}>View accounts</a></div>`;
  return html`<div class="grid tiles">${tile("In wallets", total("wallet:"), "#/ledger?q=wallet:")}
    ${tile("Awaiting disbursement", total("loan:"), "#/ledger?q=loan:")}
    ${tile("Fee income", total("platform:fees"), "#/ledger?q=platform:fees")}
    ${tile("Net deposits", -total("external:cash"), "#/ledger?q=external:cash")}</div>`;
}

function LastRuns({ tasks }) {
  const lastRun = ({ last_run: run }) => (run ? formatUtc(run.started_at) : "Never run");
  return html`<${Card} title="Jobs" aside=${html`<a href="#/jobs">View all runs</a>`}>
    <${DescriptionList} items=${tasks.map((task) => [jobLabel(task.name), lastRun(task)])} /><//>`;
}
