import { Alert } from "@mantine/core";
import { ApiError, sentenceOf } from "@/api/problem";
import { moment } from "@/lib/format";

interface Props {
  error: Error | null;
}

/** Why an answer did not count. Somebody who was faster is named. */
export function Refusal({ error }: Props) {
  if (error === null) return null;
  const details =
    error instanceof ApiError && error.code === "already_decided" ? (error.problem?.details ?? {}) : null;
  if (details === null) {
    return (
      <Alert color="red" p="sm" role="alert">
        {sentenceOf(error)}
      </Alert>
    );
  }
  const who = typeof details.decided_by === "string" ? details.decided_by : "Somebody";
  const when = typeof details.decided_at === "string" ? ` on ${moment(details.decided_at)}` : "";
  return (
    <Alert color="yellow" p="sm" role="alert" title={`${who} was faster`}>
      The answer is “{String(details.decision ?? details.status)}”{when}. Yours did not count.
    </Alert>
  );
}
