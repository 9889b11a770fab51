/* Scheduled work: what ran, what it did, and a button to run it now. */

import {
  Button,
  Card,
  Empty,
  html,
  Loaded,
  Notice,
  ProblemNotice,
  sentenceCase,
  Status,
  useLoad,
  useState,
} from "./ui.js";
import { get, post } from "./api.js";
import { Table } from "./table.js";
import { utcText } from "./dates.js";

const TASKS = [
  ["check_overdue_payments", "Marks what is overdue, adds late fees, moves loans to their next date."],
  ["loan_status_summary_report", "Writes the daily report."],
  ["reconcile_ledger", "Compares every wallet and loan with its postings."],
  ["expire_stale_loans", "Closes requests that nobody took and fundings that lapsed."],
  ["cleanup_expired_loan_cache", "Drops what the cache no longer needs."],
];

/** "loans 12, marked 3" from a run's counts. */
export function countsText(counts) {
  const parts = Object.entries(counts ?? {}).map(([name, count]) => `${sentenceCase(name).toLowerCase()} ${count}`);
  return parts.join(", ") || "–";
}

export default function Jobs() {
  const runs = useLoad((signal) => get("api/admin/tasks/", { limit: 50 }, signal));
  return html`<h1>Jobs</h1>
    <div class="grid">${TASKS.map(([name, text]) => html`<${Task} key=${name} ...${{ name, text }}
      onRun=${runs.reload} />`)}</div>
    <${Card} title="Runs"><${Loaded} of=${runs}>${({ items }) =>
      items.length === 0
        ? html`<${Empty} icon="activity" title="No runs yet." />`
        : html`<${Table} rows=${items} caption="Runs" columns=${[
            ["Job", (run) => sentenceCase(run.task), { head: true }],
            ["Started", (run) => utcText(run.started_at)],
            ["Took", (run) => `${run.duration_ms} ms`, { num: true }],
            ["Counts", (run) => countsText(run.counts)],
            [
              "Outcome",
              (run) =>
                html`<${Status} of=${isFailed(run) ? "DEFAULTED" : "COMPLETED"}
                  word=${isFailed(run) ? "Failed" : "Done"} />`,
            ],
          ]} />`}<//><//>`;
}

/** Whether a run had errors. */
export function isFailed(run) {
  return Boolean(run.error) || Number(run.counts?.errors ?? run.counts?.failed ?? 0) > 0 || run.status === "FAILED";
}

function Task({ name, text, onRun }) {
  const [busy, setBusy] = useState(false);
  const [run, setRun] = useState(null);
  const [problem, setProblem] = useState(null);
  const start = async () => {
    setBusy(true);
    setProblem(null);
    await post(`api/admin/tasks/${name}/run/`, {}).then(setRun, setProblem);
    setBusy(false);
    onRun();
  };
  return html`<${Card} title=${sentenceCase(name)}><p class="muted">${text}</p>
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    ${run && html`<${Notice} kind="good" title=${`Done in ${run.duration_ms} ms.`}>${countsText(run.counts)}<//>`}
    ${busy && html`<progress aria-label=${`${sentenceCase(name)} is running`}></progress>`}
    <${Button} icon="circle-play" busy=${busy} busyText="Running…" onClick=${start}
      aria-label=${busy ? undefined : `Run now: ${sentenceCase(name)}`}>Run now<//><//>`;
}
