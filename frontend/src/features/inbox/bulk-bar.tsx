import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { decideApprovals } from "@/api/generated/approvals";
import type { Approval, DecisionOption } from "@/api/generated/perdure.schemas";
import { approvalKeys } from "@/api/queries/approvals";
import { plural } from "@/lib/format";
import { notifyDone, notifyFailure } from "@/lib/notify";
import classes from "./bulk-bar.module.css";

interface Props {
  selected: Approval[];
  onClear: () => void;
}

/** The same answer to several requests; each is decided or refused by itself. */
export function BulkBar({ selected, onClear }: Props) {
  const [reason, setReason] = useState("");
  const client = useQueryClient();
  const decide = useMutation({
    mutationFn: (decision: string) =>
      decideApprovals({
        approvals: selected.map(({ id, digest }) => ({ id, digest })),
        decision,
        reason: reason.trim() || null,
      }),
    onSuccess: ({ decided, refused, items }) => {
      onClear();
      if (decided > 0) notifyDone(`${plural(decided, "request")} decided.`);
      const first = items.find(({ error }) => error !== null)?.error;
      if (first) notifyFailure(`${plural(refused, "request")} left as they were`, new Error(first.message));
    },
    onError: (error) => notifyFailure("Nothing was decided", error),
    onSettled: () => client.invalidateQueries({ queryKey: approvalKeys.all }),
  });
  const options = commonDecisions(selected);
  return (
    <section className={classes.bar} aria-label="Selected requests">
      <strong>{plural(selected.length, "request")} selected</strong>
      {options.length === 0 ? (
        <span>They have no answer in common that needs no form.</span>
      ) : (
        <TextInput
          size="xs"
          aria-label="Reason for all"
          placeholder={options.some((option) => option.needs_reason) ? "Reason (needed)" : "Reason"}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
      <div className={classes.buttons}>
        {options.map(({ name, label, needs_reason }) => (
          <Button
            key={name}
            size="compact-sm"
            variant={name === "approved" ? "filled" : "light"}
            color={name === "rejected" ? "red" : "iris"}
            disabled={decide.isPending || (needs_reason && reason.trim() === "")}
            onClick={() => decide.mutate(name)}
          >
            {label} {selected.length}
          </Button>
        ))}
        <Button size="compact-sm" variant="subtle" color="gray" onClick={onClear}>
          Clear
        </Button>
      </div>
    </section>
  );
}

/** Ways to answer that all of them offer; whoever must fill in a form cannot be answered with others, but for a no. */
export function commonDecisions(selected: readonly Approval[]): DecisionOption[] {
  const [first, ...others] = selected;
  if (first === undefined) return [];
  const needsForm = selected.some(({ form }) => form !== null);
  return first.decisions.flatMap((option) => {
    const same = others.map(({ decisions }) => decisions.find(({ name }) => name === option.name));
    if (same.includes(undefined) || (needsForm && option.name !== "rejected")) return [];
    return [{ ...option, needs_reason: [option, ...same].some((one) => one?.needs_reason) }];
  });
}
