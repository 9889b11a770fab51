/* The reports of a day, on the page and as CSV. */

import { Button, Card, EmptyState, html, LoadedContent, ProblemNotice, useLoad, useState } from "./ui.js";
import { download, get } from "./api.js";
import { Content, latestReport } from "./report-content.js";
import { setQuery } from "./router.js";
import { today } from "./dates.js";

const KINDS = {
  loan_status_summary_report: "Daily report",
  reconcile_ledger: "Ledger reconciliation",
};

export default function Reports({ params: { kind = "loan_status_summary_report" }, query }) {
  const date = query.get("date") ?? "";
  const path = date ? `api/admin/reports/${kind}/` : `api/admin/reports/${kind}/latest/`;
  const report = useLoad(
    async (signal) => {
      if (date) return get(path, { date }, signal);
      const { tasks } = await get("api/admin/tasks/", { limit: 1 }, signal);
      return latestReport(kind, tasks, signal);
    },
    [path, date],
  );
  const [problem, setProblem] = useState(null);
  const save = () => {
    setProblem(null);
    download(path, date ? { date } : null, `${kind}-${date || "latest"}.csv`).catch(setProblem);
  };
  return html`<h1>Reports</h1><${Card}>
    <div class="filters"><div class="field"><label for="date">Date</label><input class="control" type="date" id="date"
      value=${date} max=${today()} onChange=${(event) => setQuery({ date: event.currentTarget.value })} /></div>
      ${date && html`<${Button} onClick=${() => setQuery({ date: "" })}>Latest<//>`}
      <${Button} icon="download" onClick=${save}>Download CSV<//></div>
    <p class="actions">${Object.entries(KINDS).map(
      ([name, label]) => html`<a key=${name} href=${`#/reports/${name}`}
      aria-current=${name === kind ? "page" : undefined}>${label}</a>`,
    )}</p>
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    <${LoadedContent} state=${report}>${(found) =>
      found === null
        ? html`<${EmptyState} icon="file-text" title="No report yet.">
        <a class="button primary" href="#/jobs">Go to jobs</a><//>`
        : html`<${Content} content=${found} />`}<//><//>`;
}
