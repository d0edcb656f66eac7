import { Badge, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { BacktestExample, BacktestResult } from "@/api/generated/perdure.schemas";
import { Timestamp } from "@/components/timestamp";
import { count, plural } from "@/lib/format";
import classes from "./backtest-report.module.css";
import { decidedWords, OUTCOMES } from "./rule-words";

interface Props {
  result: BacktestResult;
}

/** What a rule would have done with past requests: how many, and which of them are worth a look. */
export function BacktestReport({ result }: Props) {
  const { looked_at, would_decide, complete, examples } = result;
  const share = looked_at === 0 ? 0 : Math.round((100 * would_decide) / looked_at);
  return (
    <section className={classes.root} aria-label="What it would have done" aria-live="polite">
      <Text size="sm">
        {looked_at === 0 ? (
          "There is no settled request to try it on."
        ) : (
          <>
            It would have answered <b>{count(would_decide)}</b> of {plural(looked_at, "request")} ({share} %).
            {!complete && " Not all were looked at, since the expression takes so much work."}
          </>
        )}
      </Text>
      {looked_at > 0 && <Counts result={result} />}
      {examples.length > 0 && <Examples examples={examples} />}
    </section>
  );
}

function Counts({ result }: Props) {
  const parts = [
    { label: "Same as people", value: result.agrees, tone: "done", hint: "A person has decided the same." },
    {
      label: "Differs from people",
      value: result.disagrees,
      tone: "failed",
      hint: "A person has decided otherwise, or has edited the payload first.",
    },
    {
      label: "Nobody decided",
      value: result.undecided,
      tone: "running",
      hint: "Expired, or answered by a rule.",
    },
    {
      label: "Fails",
      value: result.errors,
      tone: "failed",
      hint: "The rule cannot be evaluated, or cannot answer.",
    },
    { label: "Does not match", value: result.no_match, tone: "idle", hint: "A person is asked as before." },
    {
      label: "People only",
      value: result.people_only,
      tone: "idle",
      hint: "Several stages or answers, or duties kept apart: no rule ever answers these.",
    },
  ];
  return (
    <dl className={classes.counts}>
      {parts.map(({ label, value, tone, hint }) => (
        <div key={label} className={classes.count} title={hint} data-tone={value > 0 ? tone : "idle"}>
          <dt>{label}</dt>
          <dd>{count(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ExamplesProps {
  examples: readonly BacktestExample[];
}

function Examples({ examples }: ExamplesProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={classes.scroll} tabIndex={0} aria-label="Examples">
      <table className={classes.table}>
        <thead>
          <tr>
            <th>Rule</th>
            <th>Request</th>
            <th>In fact</th>
            <th>Asked</th>
          </tr>
        </thead>
        <tbody>
          {examples.map((example) => (
            <tr key={example.id}>
              <td>
                <Badge color={OUTCOMES[example.outcome].color} tt="none">
                  {OUTCOMES[example.outcome].label}
                </Badge>
              </td>
              <td>
                <Link to="/inbox" search={{ request: example.id }} target="_blank">
                  {example.title}
                </Link>
                <div className={classes.where}>
                  {[example.workflow, example.node_name].filter(Boolean).join(" · ")}
                </div>
                {example.message && <div className={classes.fault}>{example.message}</div>}
              </td>
              <td>{decidedWords(example)}</td>
              <td className={classes.when}>
                <Timestamp at={example.created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
