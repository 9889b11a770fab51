/* Rescheduling a loan: a preview of the new schedule next to the current one, then the change or, if the loan becomes
   more expensive, a proposal to the borrower. */

import { Button, Card, html, Notice, ProblemNotice, useState } from "./ui.js";
import { Form, RateField, SelectField, TextField, useForm, validate } from "./forms.js";
import { formatCents, sumOf } from "./money.js";
import { send } from "./api.js";
import { ScheduleTable } from "./quote.js";
import { useConfirmation } from "./dialog.js";

const PROPOSAL_NOTE = "The schedule changes only if the borrower accepts it within 14 days.";
const GROUNDS = [
  ["", "Choose a ground"],
  ["contractual", "Contractual: the contract provides for this change"],
  ["distressed", "Distressed: the borrower is in financial difficulty"],
];

export function RescheduleForm({ user, loan, onDone, onBack }) {
  const form = useForm(
    { remaining_terms: "", annual_interest_rate: "", holiday_months: "", reason: "", ground: "" },
    {
      remaining_terms: validate.wholeNumber(1, 360, { isOptional: true }),
      annual_interest_rate: validate.rate({ max: "50.00", isOptional: true }),
      holiday_months: validate.wholeNumber(0, 12, { isOptional: true }),
      reason: validate.required("a reason"),
      ground: (text) => (text ? { value: text } : { error: "Choose a ground." }),
    },
  );
  const [plan, setPlan] = useState(null);
  const [problem, setProblem] = useState(null);
  const confirmation = useConfirmation(user);
  const path = `api/admin/loans/${loan.id}/reschedule/`;
  const preview = async (values) => {
    setProblem(null);
    const { data } = await send("POST", path, { body: { ...values, dry_run: true } });
    const { before, after, requires_acceptance: isProposal } = data;
    setPlan({ values, before: before.items, after: after.items, isProposal });
  };
  const apply = () =>
    confirmation.open({
      slot: `reschedule:${loan.id}`,
      label: plan.isProposal ? "Propose new schedule" : "Apply new schedule",
      completed: plan.isProposal ? "New schedule proposed to the borrower." : "Loan rescheduled.",
      busyText: plan.isProposal ? "Proposing…" : "Applying…",
      path,
      body: { ...plan.values, dry_run: false },
      details: [
        ["Remaining interest, current schedule", remainingInterest(plan.before)],
        ["Remaining interest, new schedule", remainingInterest(plan.after)],
        ["Payments, current schedule", plan.before.length],
        ["Payments, new schedule", plan.after.length],
      ],
      note: plan.isProposal ? PROPOSAL_NOTE : null,
      onDone,
      onRefused: setProblem,
    });
  const isOutdated = plan && JSON.stringify(form.check().values) !== JSON.stringify(plan.values);
  return html`<${Card} title="Reschedule"><${Form} form=${form} onSubmit=${preview} label="Reschedule">
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    <div class="pair"><${TextField} form=${form} name="remaining_terms" label="Remaining term (months)"
      inputmode="numeric" hint="Leave empty to keep the current term." />
      <${RateField} form=${form} name="annual_interest_rate" label="New rate"
        hint="Leave empty to keep the current rate." />
      <${TextField} form=${form} name="holiday_months" label="Payment holiday (months)" inputmode="numeric"
        hint="Leave empty for none." /></div>
    <${SelectField} form=${form} name="ground" label="Ground" options=${GROUNDS} />
    <${TextField} form=${form} name="reason" label="Reason" maxlength="255"
      hint="The borrower sees the reason for a proposal." />
    <p class="actions"><${Button} kind=${plan && !isOutdated ? "" : "primary"} type="submit" busy=${form.busy}
      busyText="Calculating…">Preview new schedule<//>
      <${Button} onClick=${onBack}>Back<//></p><//>
    ${
      plan &&
      html`${
        plan.isProposal && html`<${Notice} kind="warn" title="The total interest would rise.">${PROPOSAL_NOTE}<//>`
      }
      <div class=${`grid ${isOutdated ? "stale" : ""}`} aria-busy=${Boolean(isOutdated)}>
        <div><h3>Current schedule</h3><${ScheduleTable} items=${plan.before} caption="Current schedule" /></div>
        <div><h3>New schedule</h3><${ScheduleTable} items=${plan.after} caption="New schedule" /></div></div>
      <p class="actions"><${Button} kind="primary" aria-disabled=${isOutdated ? "true" : undefined}
        onClick=${apply}>${plan.isProposal ? "Propose new schedule" : "Apply new schedule"}<//></p>`
    }
    ${confirmation.element}<//>`;
}

function remainingInterest(rows) {
  const unpaid = rows.filter((row) => row.status !== "PAID");
  return formatCents(sumOf(unpaid, "interest"));
}
