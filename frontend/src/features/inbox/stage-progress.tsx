import { Text } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import type { ApprovalDetail, StageState, Vote } from "@/api/generated/perdure.schemas";
import { Timestamp } from "@/components/timestamp";
import classes from "./stage-progress.module.css";

interface Props {
  request: ApprovalDetail;
}

/** Who is asked, how many answers are needed, and who has given which. */
export function StageProgress({ request }: Props) {
  const { stage_states: stages, votes } = request;
  const plain = stages.length === 1 && stages[0]?.needed === 1;
  if (plain && votes.length === 0 && stages[0]?.assignees.join() === "anyone") return null;
  return (
    <ol className={classes.stages} aria-label="Who answers">
      {stages.map((stage, number) => (
        <Stage
          // biome-ignore lint/suspicious/noArrayIndexKey: a stage is known by its number
          key={number}
          stage={stage}
          title={stages.length > 1 ? stage.name || `Stage ${number + 1}` : stage.name}
          present={request.status === "pending" && number === request.stage}
          votes={votes.filter((vote) => vote.stage === number)}
        />
      ))}
    </ol>
  );
}

interface StageProps {
  stage: StageState;
  title: string;
  present: boolean;
  votes: Vote[];
}

function Stage({ stage, title, present, votes }: StageProps) {
  const agreed = votes.filter(({ decision }) => decision !== "rejected").length;
  return (
    <li className={classes.stage} aria-current={present ? "step" : undefined}>
      <Text size="sm" fw={present ? 600 : 500}>
        {title && `${title}: `}
        {stage.needed > 1 ? `${agreed} of ${stage.needed} answers` : stage.assignees.join(", ")}
      </Text>
      {stage.needed > 1 && (
        <>
          <progress className={classes.bar} max={stage.needed} value={agreed} aria-label="Answers so far" />
          <Text size="xs" c="dimmed">
            asked: {stage.assignees.join(", ")}
            {stage.veto && "; one rejection is enough to reject"}
          </Text>
        </>
      )}
      {votes.map((vote) => (
        <Text key={`${vote.by} ${vote.at}`} size="sm" className={classes.vote}>
          {vote.decision === "rejected" ? (
            <IconX size={14} aria-hidden />
          ) : (
            <IconCheck size={14} aria-hidden />
          )}
          <span>
            {vote.decision} by {vote.by} <Timestamp at={vote.at} />
            {vote.reason && `: ${vote.reason}`}
          </span>
        </Text>
      ))}
    </li>
  );
}
