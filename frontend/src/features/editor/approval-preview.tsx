import { Button, Modal, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useContext, useState } from "react";
import { sentenceOf } from "@/api/problem";
import { LoadingRows } from "@/components/loading";
import { PayloadViews } from "@/components/payload-views";
import { DecisionButtons } from "@/components/request/decision-buttons";
import { EditFields } from "@/components/request/edit-fields";
import { Question, RequestLabels } from "@/components/request/question";
import { SchemaForm } from "@/components/schema-form/schema-form";
import { StatusBadge } from "@/components/status";
import type { DocumentNode } from "@/lib/graph/document";
import classes from "./approval-preview.module.css";
import { missingIn, type PreviewedRequest, previewedRequest, templatesIn } from "./previewed-request";
import { evaluate, type SampleData, stampOf } from "./sample-data";
import { SampleContext } from "./use-live-value";

interface Props {
  node: DocumentNode;
  opened: boolean;
  onClose: () => void;
}

/** What whoever is asked will see, with pinned data and that of the latest run. */
export function ApprovalPreview({ node, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="What the approver will see" size="xl">
      <Preview node={node} />
    </Modal>
  );
}

function Preview({ node }: { node: DocumentNode }) {
  const sample = useContext(SampleContext);
  const config = node.with ?? {};
  const filled = useQuery({
    queryKey: ["approval preview", config, stampOf(sample)] as const,
    queryFn: ({ signal }) => evaluate(sample as SampleData, templatesIn(config), {}, signal),
    enabled: sample !== null,
    gcTime: 0,
  });
  if (filled.error) return <Text c="var(--mantine-color-error)">{sentenceOf(filled.error)}</Text>;
  if (!filled.data) return <LoadingRows rows={3} />;
  const unknown = missingIn(filled.data);
  return (
    <>
      {unknown.length > 0 && (
        <Text size="sm" c="dimmed" mb="sm">
          Parts are empty here, because these steps have no output yet: {unknown.join(", ")}.
        </Text>
      )}
      <article className={classes.request} aria-label="Preview of the request">
        <Request request={previewedRequest(config, filled.data)} asks={node.name || node.id} />
      </article>
    </>
  );
}

interface RequestProps {
  request: PreviewedRequest;
  /** Name of the step. */
  asks: string;
}

/** The same parts of which the inbox is made; here they decide nothing. */
function Request({ request, asks }: RequestProps) {
  const [payload, setPayload] = useState(request.payload);
  const [data, setData] = useState(request.defaults);
  const [pressed, press] = useState<string | null>(null);
  const label = request.decisions.find(({ name }) => name === pressed)?.label;
  return (
    <>
      <div className={classes.question}>
        <Question
          title={request.title}
          body={request.body}
          facts={
            <>
              <StatusBadge status="asking" />
              <RequestLabels priority={request.priority} tags={request.tags} />
              <span>{asks}</span>
            </>
          }
        >
          <PayloadViews show={request.show} payload={request.payload} />
        </Question>
      </div>
      <footer className={classes.answer}>
        {request.editable.length > 0 && (
          <EditFields
            editable={request.editable}
            original={request.payload}
            payload={payload}
            onChange={setPayload}
          />
        )}
        {request.form && <SchemaForm schema={request.form} data={data} onChange={setData} />}
        <DecisionButtons decisions={request.decisions} note="" busy={false} onDecide={press} />
        {label !== undefined && (
          <Text size="sm" c="dimmed" role="status">
            In the inbox this would answer “{label}”. Here nothing is decided.
          </Text>
        )}
      </footer>
    </>
  );
}

/** A way to the preview, for steps that ask people. */
export function ApprovalPreviewButton({ node }: { node: DocumentNode }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="xs" variant="light" mb="md" onClick={() => setOpened(true)}>
        Preview what the approver will see
      </Button>
      <ApprovalPreview node={node} opened={opened} onClose={() => setOpened(false)} />
    </>
  );
}
