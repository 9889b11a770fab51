/* The import of a bank statement from a file. */

import { Button, Card, html, Icon, ProblemNotice, useId, useRef, useState } from "./ui.js";
import { send } from "./api.js";

const MAX_MIB = 4;
const MAX_BYTES = MAX_MIB * 1024 * 1024;

/** Returns the error of a chosen file, or null. */
export function fileError(file) {
  if (!file) return "Choose a file.";
  if (file.size === 0) return "This file is empty. Choose another file.";
  return file.size > MAX_BYTES ? `This file is too large. A statement can have up to ${MAX_MIB} MiB.` : null;
}

/** The form; onImported(statement, isRepeated) is called with the statement, which may still be importing. */
export function StatementUpload({ onImported }) {
  const id = useId();
  const input = useRef(null);
  const [chosen, setChosen] = useState(null); // {file, key}: the same file is sent again with the same key
  const [error, setError] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const handleChoice = (event) => {
    const file = event.currentTarget.files[0];
    setChosen(file ? { file, key: crypto.randomUUID() } : null);
    setError(file ? fileError(file) : null);
    setProblem(null);
  };
  const submit = async (event) => {
    event.preventDefault();
    const found = fileError(chosen?.file);
    setError(found);
    if (found || busy) return input.current.focus();
    setBusy(true);
    setProblem(null);
    try {
      const body = new Blob([chosen.file], { type: "application/xml" });
      const { data, response } = await send("POST", "api/admin/bank/statements/", { body, key: chosen.key });
      onImported(data, response.status === 200);
    } catch (failure) {
      setProblem(failure);
      setBusy(false);
    }
    return undefined;
  };
  const described = [`${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return html`<${Card} title="Import a statement"><form novalidate onSubmit=${submit} aria-label="Import a statement">
    ${problem && html`<${ProblemNotice} problem=${problem}><//>`}
    <div class=${`field ${error ? "wrong" : ""}`}><label for=${id}>Statement file</label>
      <input class="control file" type="file" accept=".xml,application/xml,text/xml" ref=${input} ...${{ id }}
        aria-describedby=${described} aria-invalid=${error ? "true" : undefined} onChange=${handleChoice} />
      <p class="hint" id=${`${id}-hint`}>A camt.053 file from your bank, up to ${MAX_MIB} MiB. Importing the same file
        again changes nothing.</p>
      ${error && html`<p class="error" id=${`${id}-error`}><${Icon} name="triangle-alert" />${error}</p>`}</div>
    <${Button} kind="primary" type="submit" icon="upload" busy=${busy} busyText="Importing…">Import statement<//>
    </form><//>`;
}
