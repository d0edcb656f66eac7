import { Alert, Button, Text } from "@mantine/core";
import type { ApprovalDetail } from "@/api/generated/perdure.schemas";
import { LineDiff } from "@/components/line-diff";
import { editsBetween, typedOf } from "@/components/request/payload-edits";
import classes from "./changed-question.module.css";

interface Props {
  seen: ApprovalDetail;
  request: ApprovalDetail;
  onLook: () => void;
}

/** The question is another one than the person was shown: what has changed, and why. Answers wait until they have looked. */
export function ChangedQuestion({ seen, request, onLook }: Props) {
  const why = request.history.findLast(({ kind }) => kind === "revised" || kind === "edited");
  const edits = editsBetween(seen.payload, request.payload);
  return (
    <Alert color="yellow" title="The question has changed since you saw it" role="alert">
      <div className={classes.changes}>
        {why && (
          <Text size="sm">
            {why.by}
            {why.text ? `: “${why.text}”` : " has changed it."}
          </Text>
        )}
        {seen.title !== request.title && <LineDiff label="Title" before={seen.title} after={request.title} />}
        {seen.body !== request.body && <LineDiff label="Text" before={seen.body} after={request.body} />}
        {edits.map(({ path, before, after }) => (
          <div key={path}>
            <Text size="sm" fw={560}>
              {path || "Data"}
            </Text>
            <LineDiff
              label={`Change of ${path || "the data"}`}
              before={typedOf(before)}
              after={typedOf(after)}
            />
          </div>
        ))}
        <Button size="compact-sm" onClick={onLook}>
          I have seen it
        </Button>
      </div>
    </Alert>
  );
}
