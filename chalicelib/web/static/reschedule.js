/* Rescheduling a loan: the schedule as it is beside the one that is proposed, before anything is applied. */

import { Button, Card, html, ProblemNotice, useState } from "./ui.js";
import { cents, money, wire } from "./money.js";
import { Form, RateField, rule, TextField, useForm } from "./field.js";
import { send } from "./api.js";
import { ScheduleTable } from "./quote.js";
import { useConfirm } from "./dialog.js";

export function Reschedule({ user, loan, onDone, onBack }) {
  const form = useForm(
    { remaining_terms: "", annual_interest_rate: "", holiday_months: "", reason: "" },
    {
      remaining_terms: rule.whole(1, 360, { isOptional: true }),
      annual_interest_rate: rule.rate({ most: "50.00", isOptional: true }),
      holiday_months: rule.whole(0, 12, { isOptional: true }),
      reason: rule.required("a reason; it stands in the audit trail"),
    },
  );
  const [plan, setPlan] = useState(null);
  const [problem, setProblem] = useState(null);
  const confirm = useConfirm(user);
  const path = `api/admin/loans/${loan.id}/reschedule/`;
  const propose = async (values) => {
    setProblem(null);
    const { data } = await send("POST", path, { body: { ...values, dry_run: true } });
    setPlan({ values, before: data.before.items, after: data.after.items });
  };
  const apply = () =>
    confirm.ask({
      slot: `reschedule:${loan.id}`,
      label: "Apply the new schedule",
      busyText: "Applying…",
      path,
      body: { ...plan.values, dry_run: false },
      facts: [
        ["Interest still to come, now", interestOf(plan.before)],
        ["Interest still to come, then", interestOf(plan.after)],
        ["Payments now", plan.before.length],
        ["Payments then", plan.after.length],
      ],
      onDone,
      onRefused: setProblem,
    });
  const isChanged = plan && JSON.stringify(form.check().values) !== JSON.stringify(plan.values);
  return html`<${Card} title="Reschedule"><${Form} form=${form} onSubmit=${propose} label="Reschedule">
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    <div class="pair"><${TextField} form=${form} name="remaining_terms" label="Months from the next payment on"
      inputmode="numeric" hint="Empty: as it is." />
      <${RateField} form=${form} name="annual_interest_rate" label="New rate" hint="Empty: as it is." />
      <${TextField} form=${form} name="holiday_months" label="Months without payment" inputmode="numeric"
        hint="Empty: none." /></div>
    <${TextField} form=${form} name="reason" label="Reason" maxlength="255" />
    <p class="actions"><${Button} kind=${plan && !isChanged ? "" : "primary"} type="submit" busy=${form.busy}
      busyText="Computing…">Show the new schedule<//>
      <${Button} onClick=${onBack}>Back<//></p><//>
    ${
      plan &&
      html`<div class=${`grid ${isChanged ? "stale" : ""}`} aria-busy=${Boolean(isChanged)}>
        <div><h3>As it is</h3><${ScheduleTable} items=${plan.before} caption="The schedule as it is" /></div>
        <div><h3>As it would be</h3><${ScheduleTable} items=${plan.after}
          caption="The schedule as it would be" /></div></div>
      <p class="actions"><${Button} kind="primary" aria-disabled=${isChanged ? "true" : undefined}
        onClick=${apply}>Apply the new schedule<//></p>`
    }
    ${confirm.element}<//>`;
}

function interestOf(rows) {
  return money(wire(rows.filter((row) => row.status !== "PAID").reduce((sum, row) => sum + cents(row.interest), 0)));
}
