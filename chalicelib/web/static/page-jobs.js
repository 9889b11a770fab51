/* Scheduled jobs: their schedule, their runs, and a button that runs each one now. */

import { Button, Card, EmptyState, html, LoadedContent, Notice, ProblemNotice, sentenceCase } from "./ui.js";
import { Status, useLoad, useState } from "./ui.js";
import { get, post } from "./api.js";
import { jobLabel, JOBS } from "./jobs.js";
import { Table } from "./table.js";
import { formatUtc } from "./dates.js";

const WEEKDAYS = ["Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"];

/** Translates the EventBridge expressions in use to words; other expressions stay as they are. */
function scheduleText(schedule) {
  const rate = /^rate\((\d+) (\w+)\)$/.exec(schedule);
  if (rate) return rate[1] === "1" ? `every ${rate[2]}` : `every ${rate[1]} ${rate[2]}`;
  const cron = /^cron\((\d+) (\d+) [*?] \* ([*?]|[1-7]) \*\)$/.exec(schedule);
  if (!cron) return schedule;
  const time = `${cron[2].padStart(2, "0")}:${cron[1].padStart(2, "0")} UTC`;
  return `${WEEKDAYS[Number(cron[3]) - 1] ?? "daily"} at ${time}`;
}

/** "Loans: 12, marked: 3" from the counts of a run. */
function countsText(counts) {
  const parts = Object.entries(counts).map(([name, count]) => `${sentenceCase(name).toLowerCase()}: ${count}`);
  return sentenceCase(parts.join(", ")) || "–";
}

export default function Jobs() {
  const jobs = useLoad((signal) => get("api/admin/tasks/", { limit: 50 }, signal));
  return html`<h1>Jobs</h1><${LoadedContent} state=${jobs}>${({ tasks, items }) => html`<div class="stack">
    <div class="grid">${tasks.map((task) => html`<${Job} key=${task.name} task=${task} onRun=${jobs.reload} />`)}</div>
    <${Card} title="Runs">${
      items.length === 0
        ? html`<${EmptyState} icon="activity" title="No runs yet." />`
        : html`<${Table} rows=${items} caption="Runs" columns=${[
            ["Job", (run) => jobLabel(run.task), { head: true }],
            ["Started", (run) => formatUtc(run.started_at)],
            ["Duration", (run) => `${run.duration_ms} ms`, { num: true }],
            ["Counts", (run) => countsText(run.counts)],
            ["Result", (run) => html`<${Result} run=${run} />`],
          ]} />`
    }<//></div>`}<//>`;
}

function Result({ run }) {
  const hasErrors = run.errors.length > 0;
  const [value, label] = hasErrors ? ["DEFAULTED", "Finished with errors"] : ["COMPLETED", "Succeeded"];
  return html`<${Status} value=${value} label=${label} />
    ${hasErrors && html`<ul class="small">${run.errors.map((error) => html`<li>${error}</li>`)}</ul>`}`;
}

function Job({ task: { name, schedule, last_run: last }, onRun }) {
  const [busy, setBusy] = useState(false);
  const [run, setRun] = useState(null);
  const [problem, setProblem] = useState(null);
  const title = jobLabel(name);
  const runNow = async () => {
    setBusy(true);
    setProblem(null);
    await post(`api/admin/tasks/${name}/run/`, {}).then(setRun, setProblem);
    setBusy(false);
    onRun();
  };
  return html`<${Card} title=${title}><p class="muted">${JOBS[name]?.[1]}</p>
    <p class="muted small">Runs ${scheduleText(schedule)} ·
      ${" "}${last ? `last run ${formatUtc(last.started_at)}` : "never run"}</p>
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    ${
      run &&
      html`<${Notice} kind=${run.errors.length > 0 ? "bad" : "good"} title=${`Finished in ${run.duration_ms} ms.`}>
        ${[countsText(run.counts), ...run.errors].join(". ")}<//>`
    }
    ${busy && html`<progress aria-label=${`${title} is running`}></progress>`}
    <${Button} icon="circle-play" busy=${busy} busyText="Running…" onClick=${runNow}
      aria-label=${busy ? undefined : `Run now: ${title}`}>Run now<//><//>`;
}
