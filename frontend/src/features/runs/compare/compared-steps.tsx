import { UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { StepDifference, StepSide } from "@/api/generated/perdure.schemas";
import { StatusIcon } from "@/components/status";
import { duration, money } from "@/lib/format";
import { nodePath } from "@/lib/run-state";
import classes from "./compared-steps.module.css";
import { DiffLines } from "./value-diff";

interface Props {
  steps: readonly StepDifference[];
  /** The node of the drawing whose steps are looked for. */
  chosen: string | null;
}

const WORDS: Record<StepDifference["difference"], string> = {
  same: "the same",
  changed: "differs",
  only_in_run: "only in this run",
  only_in_other: "only in the other run",
  kept: "taken over",
  given: "result was given",
};

/** The steps of both runs, each pair in a line that opens to what they gave. */
export function ComparedSteps({ steps, chosen }: Props) {
  return (
    <ol className={classes.list} aria-label="Steps of both runs">
      {steps.map((step) => (
        <Pair
          key={`${step.path}#${step.iteration}`}
          step={step}
          chosen={chosen !== null && nodePath(step.path) === chosen}
        />
      ))}
    </ol>
  );
}

function Pair({ step, chosen }: { step: StepDifference; chosen: boolean }) {
  const [open, setOpen] = useState(false);
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (chosen) line.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <li
      ref={line}
      className={classes.pair}
      data-difference={step.difference}
      data-chosen={chosen || undefined}
    >
      <UnstyledButton className={classes.line} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronRight size={14} className={classes.chevron} aria-hidden />
        <span className={classes.what}>
          <span className={classes.name}>{step.name}</span>
          <span className={classes.path}>
            {step.path}
            {step.iteration > 0 && `, round ${step.iteration + 1}`}
          </span>
        </span>
        <span className={classes.difference}>
          {WORDS[step.difference]}
          {step.difference === "changed" && `: ${step.fields.join(", ")}`}
        </span>
        <Side side={step.run} name="This run" />
        <Side side={step.other} name="Other run" />
      </UnstyledButton>
      {open && <Results step={step} />}
    </li>
  );
}

function Side({ side, name }: { side: StepSide | null; name: string }) {
  return (
    <span className={classes.side}>
      <span className={classes.whose}>{name}</span>
      {side === null ? (
        <span className={classes.none}>not there</span>
      ) : (
        <>
          <StatusIcon status={side.status} size={15} />
          <span>{side.port && side.port !== "out" ? side.port : ""}</span>
          <span className={classes.number}>
            {side.seconds === null ? "" : duration(side.seconds * 1_000)}
            {side.cost_usd > 0 && ` · ${money(side.cost_usd)}`}
          </span>
        </>
      )}
    </span>
  );
}

function Results({ step }: { step: StepDifference }) {
  const large = [step.run, step.other].some(
    (side) => side?.output === null && (side.output_bytes ?? 0) > 16_384,
  );
  return (
    <div className={classes.results}>
      {large && (
        <p className={classes.note}>A result of more than 16 KiB is not shown here; see the step itself.</p>
      )}
      <DiffLines run={shownOf(step.run)} other={shownOf(step.other)} />
    </div>
  );
}

function shownOf(side: StepSide | null): unknown {
  return side?.error ? { error: side.error.message } : (side?.output ?? null);
}
