import type { ReactNode } from "react";
import type { RunStep } from "@/api/generated/perdure.schemas";
import { LinkAnchor } from "@/components/links";
import { useNow } from "@/lib/clock";
import { clock, count, duration, money, spanOf } from "@/lib/format";
import type { StepState } from "@/lib/run-state";
import classes from "./step-facts.module.css";

interface Props {
  step: StepState;
  row: RunStep | undefined;
}

/** When, how long, how often, how much. */
export function StepFacts({ step, row }: Props) {
  const now = useNow();
  const span = spanOf(step.startedAt, step.endedAt, now);
  const model = row?.details?.model;
  return (
    <dl className={classes.facts}>
      {step.startedAt && <Fact name="Began">{clock(step.startedAt)}</Fact>}
      {span !== null && <Fact name="Duration">{duration(span)}</Fact>}
      {step.iteration > 0 && <Fact name="Round">{step.iteration + 1}</Fact>}
      {step.port && step.port !== "out" && <Fact name="Left by">{step.port}</Fact>}
      {typeof model === "string" && <Fact name="Model">{model}</Fact>}
      {row !== undefined && row.tokens_in + row.tokens_out > 0 && (
        <Fact name="Tokens">
          {count(row.tokens_in)} in, {count(row.tokens_out)} out
        </Fact>
      )}
      {step.costUsd > 0 && <Fact name="Cost">{money(step.costUsd)}</Fact>}
      {step.approvalId && (
        <Fact name="Request">
          <LinkAnchor to="/inbox" search={{ request: step.approvalId }} inherit>
            Open in the inbox
          </LinkAnchor>
        </Fact>
      )}
    </dl>
  );
}

interface FactProps {
  name: string;
  children: ReactNode;
}

function Fact({ name, children }: FactProps) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
