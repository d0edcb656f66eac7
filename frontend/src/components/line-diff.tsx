import { VisuallyHidden } from "@mantine/core";
import { JsonView } from "@/components/json-view";
import { diffLines } from "@/lib/line-diff";
import classes from "./line-diff.module.css";

const MOST_LINES = 600;
const SIGNS = { same: " ", removed: "−", added: "+" };
const WORDS = { same: "", removed: "before: ", added: "after: " };

interface Props {
  label: string;
  before: unknown;
  after: unknown;
}

/** What has changed from one value to another: texts by their lines, everything else as JSON. */
export function LineDiff({ label, before, after }: Props) {
  const [one, other] = [linesOf(before), linesOf(after)];
  if (one.length > MOST_LINES || other.length > MOST_LINES) {
    return (
      <>
        <JsonView label="Before" value={before} />
        <JsonView label="After" value={after} />
      </>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={classes.diff} tabIndex={0} aria-label={label}>
      {diffLines(one, other).map(({ kind, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is what stands at its place
        <div key={index} className={classes.line} data-kind={kind}>
          <span className={classes.sign} aria-hidden>
            {SIGNS[kind]}
          </span>
          <VisuallyHidden>{WORDS[kind]}</VisuallyHidden>
          {text}
        </div>
      ))}
    </section>
  );
}

function linesOf(value: unknown): string[] {
  const text = typeof value === "string" ? value : (JSON.stringify(value ?? null, null, 2) ?? "null");
  return text.split("\n");
}
