import { Badge, Button, Modal, Text, UnstyledButton } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { createAgent } from "@/api/generated/agents";
import type { Draft, Template } from "@/api/generated/perdure.schemas";
import { listTemplates } from "@/api/generated/templates";
import { getImportWorkflowUrl } from "@/api/generated/workflows";
import { may, meQuery } from "@/api/queries/account";
import { nodeKindsQuery } from "@/api/queries/node-kinds";
import { request } from "@/api/request";
import { ErrorPanel } from "@/components/error-panel";
import { KindIcon } from "@/components/graph/kind-icon";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { plural } from "@/lib/format";
import { graphIn, isRecord } from "@/lib/graph/document";
import { notifyFailure } from "@/lib/notify";
import { TemplateSteps } from "./template-steps";
import classes from "./templates-page.module.css";

/** Workflows and agents to begin with. */
export function TemplatesPage() {
  const templates = useQuery({
    queryKey: ["templates"],
    queryFn: ({ signal }) => listTemplates({ signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [category, setCategory] = useState<string | null>(null);
  const [chosen, setChosen] = useState<Template | null>(null);
  const items = templates.data?.items ?? [];
  const categories = [...new Set(items.map((item) => item.category))];
  return (
    <Page
      title="Templates"
      crumbs={
        <LinkAnchor to="/workflows" c="dimmed" size="sm">
          Workflows
        </LinkAnchor>
      }
    >
      <Text c="dimmed" maw={620}>
        Each does something useful as it stands, with example data in its form. Take one, run it, and change
        it to your needs.
      </Text>
      {templates.isPending && <LoadingRows />}
      {templates.isError && <ErrorPanel error={templates.error} onRetry={() => void templates.refetch()} />}
      <fieldset className={classes.categories} aria-label="Category">
        {[null, ...categories].map((each) => (
          <button
            key={each ?? "all"}
            type="button"
            aria-pressed={each === category}
            className={classes.category}
            onClick={() => setCategory(each)}
          >
            {each ?? "All"}
          </button>
        ))}
      </fieldset>
      <ul className={classes.grid} aria-label="Templates">
        {items
          .filter((item) => category === null || item.category === category)
          .map((item) => (
            <li key={item.template}>
              <TemplateCard template={item} onOpen={() => setChosen(item)} />
            </li>
          ))}
      </ul>
      <Modal opened={chosen !== null} onClose={() => setChosen(null)} title={chosen?.name} size="lg">
        {chosen && <Details template={chosen} />}
      </Modal>
    </Page>
  );
}

interface CardProps {
  template: Template;
  onOpen: () => void;
}

function TemplateCard({ template, onOpen }: CardProps) {
  return (
    <UnstyledButton className={classes.card} onClick={onOpen}>
      <span className={classes.label}>{template.category}</span>
      <span className={classes.name}>{template.name}</span>
      <span className={classes.text}>{template.description}</span>
      <span className={classes.foot}>
        <KindStrip kinds={template.kinds} />
        <span>{plural(template.kinds.length, "step")}</span>
      </span>
    </UnstyledButton>
  );
}

interface StripProps {
  kinds: string[];
}

/** The kinds of a template, each once. */
function KindStrip({ kinds }: StripProps) {
  const { data } = useQuery(nodeKindsQuery);
  return (
    <span className={classes.strip}>
      {[...new Set(kinds)].map((kind) => (
        <span key={kind} className={classes.kind} title={data?.get(kind)?.title ?? kind}>
          <KindIcon name={data?.get(kind)?.icon} size={15} />
        </span>
      ))}
    </span>
  );
}

interface DetailsProps {
  template: Template;
}

function Details({ template }: DetailsProps) {
  const { data: me } = useQuery(meQuery);
  const navigate = useNavigate();
  const use = useMutation({
    mutationFn: () => (template.type === "agent" ? agentOf(template) : workflowOf(template)),
    onSuccess: ({ slug }) =>
      void navigate({
        to: template.type === "agent" ? "/agents/$slug" : "/workflows/$slug/edit",
        params: { slug },
      }),
    onError: (error) => notifyFailure("The template was not taken", error),
  });
  return (
    <div className={classes.details}>
      <Text size="sm">{template.description}</Text>
      <div className={classes.teaches}>
        {template.teaches.map((each) => (
          <Badge key={each} tt="none" color="gray">
            {each}
          </Badge>
        ))}
      </div>
      <TemplateSteps document={template.document} />
      {may(me, "workflows:edit") && (
        <div className={classes.actions}>
          <Button loading={use.isPending} onClick={() => use.mutate()}>
            Use this template
          </Button>
        </div>
      )}
    </div>
  );
}

function workflowOf({ text }: Template): Promise<{ slug: string }> {
  return request<Draft>(getImportWorkflowUrl(), {
    method: "POST",
    body: text,
    headers: { "content-type": "application/yaml" },
  });
}

/** An agent is the settings of its one node; what it is asked comes with each run. */
function agentOf({ name, description, document }: Template): Promise<{ slug: string }> {
  const [node] = graphIn(document).nodes;
  const { message: _, history: __, ...config } = isRecord(node?.with) ? node.with : {};
  return createAgent({ name, description, config });
}
