import { Text } from "@mantine/core";
import type { ValueDifference } from "@/api/generated/perdure.schemas";
import { JsonView } from "@/components/json-view";
import { diffOf } from "@/lib/line-diff";
import classes from "./value-diff.module.css";

interface Props {
  label: string;
  value: ValueDifference;
}

const SIGNS = { same: " ", removed: "−", added: "+" };
const WORDS = { same: "", removed: "only in this run: ", added: "only in the other run: " };

/** A value that both runs have: once if it is the same, else line by line. */
export function ValueDiff({ label, value }: Props) {
  if (value.same) return <JsonView label={`${label}, the same in both`} value={value.run} />;
  return (
    <section aria-label={label}>
      <Text size="sm" fw={580} mb={6}>
        {label}
      </Text>
      <DiffLines run={value.run} other={value.other} />
    </section>
  );
}

/** What one has and the other has not, line by line. */
export function DiffLines({ run, other }: { run: unknown; other: unknown }) {
  const lines = diffOf(run, other);
  if (lines === null) {
    return (
      <div className={classes.both}>
        <JsonView label="This run" value={run} />
        <JsonView label="The other run" value={other} />
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={classes.diff} tabIndex={0} aria-label="Differences line by line">
      {lines.map(({ kind, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is what stands at its place
        <div key={index} className={classes.line} data-kind={kind}>
          <span className={classes.sign} aria-hidden>
            {SIGNS[kind]}
          </span>
          <span className={classes.hidden}>{WORDS[kind]}</span>
          {text}
        </div>
      ))}
    </section>
  );
}
