import { Alert, Button, Group, Loader, Textarea } from "@mantine/core";
import { getHotkeyHandler, useHotkeys } from "@mantine/hooks";
import { lazy, Suspense, useMemo } from "react";
import type { ApprovalDetail } from "@/api/generated/perdure.schemas";
import { JsonInput } from "@/components/json-input";
import { plural } from "@/lib/format";
import { kindOf } from "./answer-kinds";
import { DecisionButtons } from "./decision-buttons";
import classes from "./decision-form.module.css";
import { EditFields } from "./edit-fields";
import { formProblems } from "./form-problems";
import { Refusal } from "./refusal";
import { useAnswer } from "./use-answer";

const SchemaForm = lazy(async () => ({
  default: (await import("@/components/schema-form/schema-form")).SchemaForm,
}));

type Answer = ReturnType<typeof useAnswer>;

interface Props {
  /** As the person was shown it. */
  request: ApprovalDetail;
  /** Nothing can be answered: the question has changed since. */
  held: boolean;
  onDecided: (id: string) => void;
  onReopened: (id: string) => void;
}

/** The answer: the fields that the request asks for, edits of its data, a reason, and the ways to decide. */
export function DecisionForm({ request, held, onDecided, onReopened }: Props) {
  const answer = useAnswer(request, { onDecided, onReopened });
  useHotkeys([["e", answer.edit]]);
  if (!request.may_decide) {
    return (
      <footer className={classes.footer}>
        <Alert color="gray" p="sm">
          {request.why_not ?? "You cannot answer this request."}
        </Alert>
      </footer>
    );
  }
  return (
    <footer className={classes.footer}>
      <Inputs request={request} answer={answer} />
      <Reason answer={answer} />
      <Refusal error={answer.decide.error} />
      <Group justify="space-between" gap="sm">
        <DecisionButtons
          decisions={request.decisions}
          note={answer.edits > 0 ? `with ${plural(answer.edits, "edit")}` : ""}
          busy={answer.decide.isPending || held}
          onDecide={answer.answer}
        />
        <Group gap={4}>
          {request.editable.length > 0 && !answer.editing && (
            <Button variant="subtle" color="gray" onClick={answer.edit}>
              Edit
            </Button>
          )}
          {!answer.reason.asked && (
            <Button variant="subtle" color="gray" onClick={answer.reason.ask}>
              Say why
            </Button>
          )}
        </Group>
      </Group>
    </footer>
  );
}

interface PartProps {
  request: ApprovalDetail;
  answer: Answer;
}

function Inputs({ request, answer }: PartProps) {
  const problems = useMemo(() => formProblems(answer.decide.error), [answer.decide.error]);
  const showsForm = request.form !== null && (request.purpose === "approval" || answer.open === "edit");
  return (
    <>
      <div ref={answer.editor} className={classes.editor}>
        {answer.editing && (
          <EditFields
            editable={request.editable}
            original={request.payload}
            payload={answer.payload}
            onChange={answer.setPayload}
          />
        )}
        {kindOf(request, answer.open) === "value" && (
          <JsonInput
            label="Value to go on with"
            value={answer.value}
            onChange={answer.setValue}
            minRows={2}
          />
        )}
      </div>
      {showsForm && request.form !== null && (
        <Suspense fallback={<Loader size="sm" />}>
          <SchemaForm
            formRef={answer.form}
            schema={request.form}
            data={answer.data}
            onChange={answer.setData}
            onSubmit={answer.submit}
            problems={problems}
            disabled={answer.decide.isPending}
          />
        </Suspense>
      )}
    </>
  );
}

function Reason({ answer: { reason, answer } }: { answer: Answer }) {
  if (!reason.asked) return null;
  return (
    <Textarea
      ref={reason.box}
      label="Why"
      error={reason.missing}
      autosize
      minRows={2}
      maxRows={6}
      value={reason.text}
      onChange={(event) => reason.setText(event.currentTarget.value)}
      onKeyDown={getHotkeyHandler([["mod+Enter", () => reason.wanted !== "" && answer(reason.wanted)]])}
    />
  );
}
