/* The home page of operators: problems first, then the daily report, account totals and the last run of each job. */

import { Card, DescriptionList, EmptyState, html, LoadedContent, Notice, useLoad } from "./ui.js";
import { formatCents, formatMoney, sumOf, toCents } from "./money.js";
import { get } from "./api.js";
import { IS_INSTANT } from "./deployment.js";
import { jobLabel } from "./jobs.js";
import { latestReport } from "./report-content.js";
import { ReportSummary } from "./report-summary.js";
import { formatUtc } from "./dates.js";

const NO_BANK = { hasUnmatched: false, hasRefused: false, statement: null };
const REPORT = "loan_status_summary_report";

async function load(signal) {
  const [balance, { tasks }, bank] = await Promise.all([
    get("api/admin/ledger/trial-balance/", null, signal),
    get("api/admin/tasks/", { limit: 1 }, signal),
    IS_INSTANT ? NO_BANK : loadBank(signal),
  ]);
  return { balance, tasks, bank, report: await latestReport(REPORT, tasks, signal) };
}

/** Loads the newest item of each list that needs an operator: unmatched entries, notifications, statements. */
async function loadBank(signal) {
  const [lines, notifications, statements] = await Promise.all([
    get("api/admin/bank/lines/", { status: "UNMATCHED", limit: 1 }, signal),
    get("api/admin/transfers/notifications/", { limit: 1 }, signal),
    get("api/admin/bank/statements/", { limit: 1 }, signal),
  ]);
  const [statement] = statements.items;
  return {
    hasUnmatched: lines.items.length > 0,
    hasRefused: notifications.items.length > 0,
    statement: statement?.difference && toCents(statement.difference) !== 0 ? statement : null,
  };
}

export default function Overview() {
  const page = useLoad(load);
  return html`<h1>Overview</h1>
    <${LoadedContent} state=${page}>${({ balance, bank, report, tasks }) => html`<div class="stack">
    <${Alerts} balance=${balance} tasks=${tasks} /><${BankAlerts} ...${bank} />
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

function BankAlerts({ hasUnmatched, hasRefused, statement }) {
  return html`${
    statement &&
    html`<${Notice} kind="bad" title=${`The bank’s balance differs from the ledger’s by ${formatMoney(
      statement.difference,
    )}.`}><p><a href=${`#/payments/statements/${statement.id}`}>View statement</a></p><//>`
  }
    ${
      hasRefused &&
      html`<${Notice} kind="bad" title="Notifications of the payment provider were not applied.">
      <p><a href="#/payments/notifications">View notifications</a></p><//>`
    }
    ${
      hasUnmatched &&
      html`<${Notice} kind="warn" title="Bank entries are waiting to be assigned.">
      <p><a href="#/payments/lines">Review entries</a></p><//>`
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
