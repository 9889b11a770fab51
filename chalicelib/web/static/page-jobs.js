/* Scheduled work: what ran, what it did, and a button to run it now. */

import { Button, Card, Empty, html, Loaded, Notice, ProblemNotice, sentenceCase } from "./ui.js";
import { Status, useLoad, useState } from "./ui.js";
import { get, post } from "./api.js";
import { Table } from "./table.js";
import { utcText } from "./dates.js";

const TEXTS = {
  check_overdue_payments: "Marks what is overdue, adds late fees, moves loans to their next date.",
  loan_status_summary_report: "Writes the daily report.",
  reconcile_ledger: "Compares every wallet and loan with its postings.",
  expire_stale_loans: "Closes requests that nobody took, and fundings that lapsed.",
  cleanup_expired_loan_cache: "Drops what the cache no longer needs.",
};

const WEEKDAYS = ["Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"];

/** EventBridge's notation in words, for the forms that are in use; another one stays as it is. */
function scheduleText(schedule) {
  const rate = /^rate\((\d+) (\w+)\)$/.exec(schedule);
  if (rate) return rate[1] === "1" ? `every ${rate[2]}` : `every ${rate[1]} ${rate[2]}`;
  const cron = /^cron\((\d+) (\d+) [*?] \* ([*?]|[1-7]) \*\)$/.exec(schedule);
  if (!cron) return schedule;
  const time = `${cron[2].padStart(2, "0")}:${cron[1].padStart(2, "0")} UTC`;
  return `${WEEKDAYS[Number(cron[3]) - 1] ?? "daily"} at ${time}`;
}

/** "loans 12, marked 3" from a run's counts. */
function countsText(counts) {
  const parts = Object.entries(counts).map(([name, count]) => `${sentenceCase(name).toLowerCase()} ${count}`);
  return parts.join(", ") || "–";
}

export default function Jobs() {
  const jobs = useLoad((signal) => get("api/admin/tasks/", { limit: 50 }, signal));
  return html`<h1>Jobs</h1><${Loaded} of=${jobs}>${({ tasks, items }) => html`<div class="stack">
    <div class="grid">${tasks.map((task) => html`<${Task} key=${task.name} task=${task} onRun=${jobs.reload} />`)}</div>
    <${Card} title="Runs">${
      items.length === 0
        ? html`<${Empty} icon="activity" title="No runs yet." />`
        : html`<${Table} rows=${items} caption="Runs" columns=${[
            ["Job", (run) => sentenceCase(run.task), { head: true }],
            ["Started", (run) => utcText(run.started_at)],
            ["Took", (run) => `${run.duration_ms} ms`, { num: true }],
            ["Counts", (run) => countsText(run.counts)],
            ["Outcome", (run) => html`<${Outcome} run=${run} />`],
          ]} />`
    }<//></div>`}<//>`;
}

function Outcome({ run }) {
  const isFailed = run.errors.length > 0;
  return html`<${Status} of=${isFailed ? "DEFAULTED" : "COMPLETED"} word=${isFailed ? "With errors" : "Done"} />
    ${isFailed && html`<ul class="small">${run.errors.map((error) => html`<li>${error}</li>`)}</ul>`}`;
}

function Task({ task: { name, schedule, last_run: last }, onRun }) {
  const [busy, setBusy] = useState(false);
  const [run, setRun] = useState(null);
  const [problem, setProblem] = useState(null);
  const title = sentenceCase(name);
  const start = async () => {
    setBusy(true);
    setProblem(null);
    await post(`api/admin/tasks/${name}/run/`, {}).then(setRun, setProblem);
    setBusy(false);
    onRun();
  };
  return html`<${Card} title=${title}><p class="muted">${TEXTS[name]}</p>
    <p class="muted small">Runs ${scheduleText(schedule)} ·
      ${" "}${last ? `last ${utcText(last.started_at)}` : "has not run yet"}</p>
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    ${
      run &&
      html`<${Notice} kind=${run.errors.length > 0 ? "bad" : "good"} title=${`Done in ${run.duration_ms} ms.`}>
        ${[countsText(run.counts), ...run.errors].join(". ")}<//>`
    }
    ${busy && html`<progress aria-label=${`${title} is running`}></progress>`}
    <${Button} icon="circle-play" busy=${busy} busyText="Running…" onClick=${start}
      aria-label=${busy ? undefined : `Run now: ${title}`}>Run now<//><//>`;
}
