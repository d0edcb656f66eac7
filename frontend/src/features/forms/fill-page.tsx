import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useRef, useState } from "react";
import { getForm, sendForm } from "@/api/generated/hooks";
import type { Form, FormSent } from "@/api/generated/perdure.schemas";
import { ApiError, sentenceOf } from "@/api/problem";
import { ErrorPanel } from "@/components/error-panel";
import { LinkButton } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Markdown } from "@/components/markdown";
import { Page } from "@/components/page";
import { randomId } from "@/lib/random-id";

const SchemaForm = lazy(async () => ({
  default: (await import("@/components/schema-form/schema-form")).SchemaForm,
}));

/** A published form for people who are signed in. */
export function FillPage() {
  const { hookId } = useParams({ from: "/shell/fill/$hookId" });
  const form = useQuery({
    queryKey: ["forms", hookId],
    queryFn: ({ signal }) => getForm(hookId, { signal }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [round, setRound] = useState(0);
  return (
    <Page title={form.data?.title ?? "Form"}>
      {form.isPending && <LoadingRows rows={3} />}
      {form.isError && <ErrorPanel error={form.error} onRetry={() => void form.refetch()} />}
      {form.data && <Filling key={round} form={form.data} onAgain={() => setRound(round + 1)} />}
    </Page>
  );
}

interface Props {
  form: Form;
  onAgain: () => void;
}

function Filling({ form, onAgain }: Props) {
  // Sent twice under one token, it counts once.
  const [token] = useState(randomId);
  const [data, setData] = useState<unknown>({});
  const holder = useRef<HTMLDivElement>(null);
  const send = useMutation({ mutationFn: (input: unknown) => sendForm(form.id, { input, token }) });
  if (send.data) return <Sent sent={send.data} onAgain={onAgain} />;
  return (
    <Stack maw={640}>
      {form.text && <Markdown text={form.text} />}
      <Suspense fallback={<Loader size="sm" />}>
        <SchemaForm
          formRef={holder}
          schema={form.input_schema}
          data={data}
          onChange={setData}
          onSubmit={(input) => send.mutate(input)}
        />
      </Suspense>
      {send.error && <Refusal error={send.error} />}
      <Group>
        <Button
          loading={send.isPending}
          onClick={() => holder.current?.querySelector("form")?.requestSubmit()}
        >
          {form.button}
        </Button>
      </Group>
    </Stack>
  );
}

function Refusal({ error }: { error: Error }) {
  const fields = error instanceof ApiError ? (error.problem?.errors ?? []) : [];
  return (
    <Alert color="red" p="sm" role="alert">
      {sentenceOf(error)}
      {fields.map(({ field, message }) => (
        <Text key={field + message} size="sm">
          {field}: {message}
        </Text>
      ))}
    </Alert>
  );
}

function Sent({ sent, onAgain }: { sent: FormSent; onAgain: () => void }) {
  return (
    <Stack maw={640} role="status">
      <Text>{sent.thanks}</Text>
      <Group>
        {sent.run_id && (
          <LinkButton to="/runs/$runId" params={{ runId: sent.run_id }} variant="default">
            See its run
          </LinkButton>
        )}
        <Button variant="subtle" onClick={onAgain}>
          Fill it in once more
        </Button>
      </Group>
    </Stack>
  );
}
