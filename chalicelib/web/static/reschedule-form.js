/* Rescheduling a loan: a preview of the new schedule next to the current one, then the change. */

import { Button, Card, html, ProblemNotice, useState } from "./ui.js";
import { Form, RateField, TextField, useForm, validate } from "./forms.js";
import { formatCents, sumOf } from "./money.js";
import { send } from "./api.js";
import { ScheduleTable } from "./quote.js";
import { useConfirmation } from "./dialog.js";

export function RescheduleForm({ user, loan, onDone, onBack }) {
  const form = useForm(
    { remaining_terms: "", annual_interest_rate: "", holiday_months: "", reason: "" },
    {
      remaining_terms: validate.wholeNumber(1, 360, { isOptional: true }),
      annual_interest_rate: validate.rate({ max: "50.00", isOptional: true }),
      holiday_months: validate.wholeNumber(0, 12, { isOptional: true }),
      reason: validate.required("a reason for the audit trail"),
    },
  );
  const [plan, setPlan] = useState(null);
  const [problem, setProblem] = useState(null);
  const confirmation = useConfirmation(user);
  const path = `api/admin/loans/${loan.id}/reschedule/`;
  const preview = async (values) => {
    setProblem(null);
    const { data } = await send("POST", path, { body: { ...values, dry_run: true } });
    setPlan({ values, before: data.before.items, after: data.after.items });
  };
  const apply = () =>
    confirmation.open({
      slot: `reschedule:${loan.id}`,
      label: "Apply new schedule",
      completed: "Loan rescheduled.",
      busyText: "Applying…",
      path,
      body: { ...plan.values, dry_run: false },
      details: [
        ["Remaining interest, current schedule", remainingInterest(plan.before)],
        ["Remaining interest, new schedule", remainingInterest(plan.after)],
        ["Payments, current schedule", plan.before.length],
        ["Payments, new schedule", plan.after.length],
      ],
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
    <${TextField} form=${form} name="reason" label="Reason" maxlength="255" />
    <p class="actions"><${Button} kind=${plan && !isOutdated ? "" : "primary"} type="submit" busy=${form.busy}
      busyText="Calculating…">Preview new schedule<//>
      <${Button} onClick=${onBack}>Back<//></p><//>
    ${
      plan &&
      html`<div class=${`grid ${isOutdated ? "stale" : ""}`} aria-busy=${Boolean(isOutdated)}>
        <div><h3>Current schedule</h3><${ScheduleTable} items=${plan.before} caption="Current schedule" /></div>
        <div><h3>New schedule</h3><${ScheduleTable} items=${plan.after} caption="New schedule" /></div></div>
      <p class="actions"><${Button} kind="primary" aria-disabled=${isOutdated ? "true" : undefined}
        onClick=${apply}>Apply new schedule<//></p>`
    }
    ${confirmation.element}<//>`;
}

function remainingInterest(rows) {
  const unpaid = rows.filter((row) => row.status !== "PAID");
  return formatCents(sumOf(unpaid, "interest"));
}
