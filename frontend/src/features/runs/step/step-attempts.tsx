import { Text } from "@mantine/core";
import { StatusIcon } from "@/components/status";
import { clock, duration, spanOf } from "@/lib/format";
import type { Attempt } from "@/lib/run-state";
import classes from "./step-attempts.module.css";

interface Props {
  attempts: Attempt[];
}

/** Every try of a step, and why the earlier ones failed. */
export function StepAttempts({ attempts }: Props) {
  return (
    <section aria-label="Attempts">
      <Text size="sm" fw={580} mb={6}>
        Attempts
      </Text>
      <ol className={classes.list}>
        {attempts.map((attempt) => (
          <li key={attempt.number} className={classes.attempt}>
            <StatusIcon status={statusOf(attempt)} size={15} />
            <div className={classes.text}>
              <span>
                {attempt.number}. at {clock(attempt.startedAt)}
                {attempt.endedAt && `, ${duration(spanOf(attempt.startedAt, attempt.endedAt, 0) ?? 0)}`}
              </span>
              {attempt.error && <p className={classes.error}>{attempt.error.message}</p>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function statusOf({ endedAt, error }: Attempt): string {
  if (error !== null) return "failed";
  return endedAt === null ? "running" : "completed";
}
