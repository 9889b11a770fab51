/* The test clock of the local stage: the business time, and moving it forward day by day. */

import { Button, Card, EmptyState, html, LoadedContent, Notice, ProblemNotice, sentenceCase } from "./ui.js";
import { useEffect, useLoad, useRef, useState } from "./ui.js";
import { Form, TextField, useForm, validate } from "./forms.js";
import { formatDate, formatUtc, setBusinessTime } from "./dates.js";
import { get, send } from "./api.js";
import { jobLabel } from "./jobs.js";
import { Table } from "./table.js";

const POLL_MS = 1000;
const MAX_DAYS = 3650;
const PATH = "api/sandbox/clock/";
const DAY_MS = 86_400_000;

export default function TestClock() {
  const clock = useLoad((signal) => get(PATH, null, signal));
  const [run, setRun] = useState(null); // {from, days}: what the last request moves
  const isAdvancing = clock.data?.status === "advancing";
  useEffect(() => {
    if (clock.data) setBusinessTime(clock.data.now);
  }, [clock.data?.now]);
  useEffect(() => {
    if (!isAdvancing) return undefined;
    const timer = setInterval(clock.reload, POLL_MS);
    return () => clearInterval(timer);
  }, [isAdvancing]);
  const handleStarted = (data, days) => {
    setRun({ from: clock.data.now, days });
    clock.setData(data);
  };
  return html`<h1>Test clock</h1>
    <p class="lead">Move the date of this test system forward. The scheduled jobs of every day run in between.</p>
    <${LoadedContent} state=${{ ...clock, busy: false }}>${(data) => html`<div class="stack">
      <${Card} kind="hero"><p class="muted">Business time</p><p class="figure">${formatUtc(data.now)}</p>
        ${isAdvancing ? html`<${Progress} now=${data.now} run=${run} />` : run && html`<${Arrived} run=${run} />`}<//>
      <${Card} title="Move forward">${
        isAdvancing
          ? html`<p class="muted">The clock is moving. You can’t make other changes until it has finished.</p>`
          : html`<${AdvanceForm} onStarted=${handleStarted} />`
      }<//>
      <${Card} title="Completed jobs"><${JobRuns} jobs=${data.jobs ?? []} /><//></div>`}<//>`;
}

function daysPassed(now, from) {
  return Math.max(0, Math.floor((Date.parse(now) - Date.parse(from)) / DAY_MS));
}

function Progress({ now, run }) {
  const passed = run && Math.min(run.days, daysPassed(now, run.from));
  return html`<p role="status">${run ? `Day ${passed} of ${run.days}` : "Moving forward…"}</p>
    <progress aria-label="Days moved forward" ...${run ? { value: passed, max: run.days } : {}}></progress>`;
}

function Arrived({ run }) {
  return html`<${Notice} kind="good" title=${`Moved forward by ${run.days} ${run.days === 1 ? "day" : "days"}.`}>
    <p>Reload other open pages to see the new date.</p><//>`;
}

function AdvanceForm({ onStarted }) {
  const form = useForm({ days: "1" }, { days: validate.wholeNumber(1, MAX_DAYS) });
  const sent = useRef({}); // the same request is sent again with the same key
  const advance = async (body) => {
    if (sent.current.days !== body.days) sent.current = { days: body.days, key: crypto.randomUUID() };
    const { data } = await send("POST", `${PATH}advance/`, { body, key: sent.current.key });
    sent.current = {};
    onStarted(data, body.days);
  };
  return html`<${Form} form=${form} onSubmit=${advance} label="Move the test clock">
    <div class="short-field"><${TextField} form=${form} name="days" label="Days" inputmode="numeric"
      autocomplete="off" hint="The clock never moves back." /></div>
    <${Button} kind="primary" type="submit" icon="calendar-clock" busy=${form.busy}
      busyText="Starting…">Move forward<//><//>`;
}

function JobRuns({ jobs }) {
  if (jobs.length === 0) return html`<${EmptyState} icon="activity" title="No completed jobs yet." />`;
  const columns = [
    ["Day", ({ day }) => formatDate(day), { head: true }],
    ["Job", ({ name }) => jobLabel(name)],
    ["Counts", ({ counts }) => countsText(counts)],
  ];
  return html`<${Table} rows=${[...jobs].reverse()} caption="Completed jobs" columns=${columns}
    keyOf=${({ name, day }) => `${name}-${day}`} />`;
}

function countsText(counts) {
  const parts = Object.entries(counts ?? {}).map(([name, count]) => `${sentenceCase(name).toLowerCase()}: ${count}`);
  return parts.join(", ") || "–";
}
