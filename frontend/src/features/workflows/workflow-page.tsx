import { Badge, Button, Group, Menu, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconArchive,
  IconCalendarClock,
  IconDots,
  IconDownload,
  IconPencil,
  IconPlayerPlayFilled,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { RunAccepted, StartRun, WorkflowDetail } from "@/api/generated/perdure.schemas";
import { getStartRunUrl } from "@/api/generated/runs";
import { archiveWorkflow, getExportWorkflowUrl, unarchiveWorkflow } from "@/api/generated/workflows";
import { may, meQuery } from "@/api/queries/account";
import { versionQuery, workflowKeys, workflowQuery } from "@/api/queries/workflows";
import { request, send } from "@/api/request";
import { ErrorPanel } from "@/components/error-panel";
import { LinkAnchor, LinkButton } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { StartDialog } from "@/components/start-run/start-dialog";
import { notifyFailure } from "@/lib/notify";
import { saveFile } from "@/lib/save-file";
import { LatestRuns } from "./latest-runs";
import { VersionList } from "./version-list";
import classes from "./workflow-page.module.css";

/** One workflow: what it is for, its versions, its latest runs. */
export function WorkflowPage() {
  const { slug } = useParams({ from: "/shell/workflows/$slug" });
  const workflow = useQuery(workflowQuery(slug));
  if (workflow.isSuccess) return <Workflow workflow={workflow.data} />;
  return (
    <Page title="Workflow">
      {workflow.isError ? (
        <ErrorPanel error={workflow.error} onRetry={() => void workflow.refetch()} />
      ) : (
        <LoadingRows />
      )}
    </Page>
  );
}

interface Props {
  workflow: WorkflowDetail;
}

function Workflow({ workflow }: Props) {
  return (
    <Page
      title={workflow.name}
      crumbs={
        <LinkAnchor to="/workflows" c="dimmed" size="sm">
          Workflows
        </LinkAnchor>
      }
      aside={<State workflow={workflow} />}
      actions={<Actions workflow={workflow} />}
    >
      {workflow.description && (
        <Text c="dimmed" maw={640}>
          {workflow.description}
        </Text>
      )}
      <div className={classes.columns}>
        <section>
          <Title order={2} mb="xs">
            Latest runs
          </Title>
          <LatestRuns slug={workflow.slug} />
        </section>
        <section>
          <Title order={2} mb="xs">
            Versions
          </Title>
          <VersionList workflow={workflow} />
        </section>
      </div>
    </Page>
  );
}

function State({ workflow }: Props) {
  return (
    <Group gap={6}>
      {workflow.archived_at && (
        <Badge color="gray" tt="none">
          Archived
        </Badge>
      )}
      {workflow.version === null && (
        <Badge color="yellow" tt="none">
          Never published
        </Badge>
      )}
      {workflow.tags.map((tag) => (
        <Badge key={tag} color="gray" tt="none">
          {tag}
        </Badge>
      ))}
    </Group>
  );
}

function Actions({ workflow }: Props) {
  const { data: me } = useQuery(meQuery);
  const [starting, start] = useDisclosure(false);
  const { slug, version } = workflow;
  const runnable = version !== null && workflow.archived_at === null && may(me, "runs:start");
  return (
    <>
      {may(me, "workflows:edit") && (
        <LinkButton
          to="/workflows/$slug/edit"
          params={{ slug }}
          variant="default"
          leftSection={<IconPencil size={16} />}
        >
          Edit
        </LinkButton>
      )}
      <LinkButton
        to="/workflows/$slug/triggers"
        params={{ slug }}
        variant="default"
        leftSection={<IconCalendarClock size={16} />}
      >
        Triggers
      </LinkButton>
      {runnable && (
        <Button leftSection={<IconPlayerPlayFilled size={14} />} onClick={start.open}>
          Run
        </Button>
      )}
      <More workflow={workflow} />
      {version !== null && (
        <StartPublished slug={slug} version={version} opened={starting} onClose={start.close} />
      )}
    </>
  );
}

interface StartProps {
  slug: string;
  version: number;
  opened: boolean;
  onClose: () => void;
}

function StartPublished({ slug, version, opened, onClose }: StartProps) {
  const { data } = useQuery({ ...versionQuery(slug, version), enabled: opened });
  return (
    <StartDialog
      opened={opened && data !== undefined}
      onClose={onClose}
      title={`Run ${data?.name ?? slug}`}
      lead={`Version ${version} starts with this input.`}
      schema={data?.input_schema ?? {}}
      start={(input) => startPublished({ workflow: slug, input })}
    />
  );
}

/** Answered at once; the generated function also knows of answers that stream. */
function startPublished(body: StartRun): Promise<RunAccepted> {
  return request<RunAccepted>(getStartRunUrl(), { method: "POST", body: JSON.stringify(body) });
}

function More({ workflow }: Props) {
  const client = useQueryClient();
  const archived = workflow.archived_at !== null;
  const archive = useMutation({
    mutationFn: () => (archived ? unarchiveWorkflow(workflow.slug) : archiveWorkflow(workflow.slug)),
    onSuccess: () => void client.invalidateQueries({ queryKey: workflowKeys.all }),
    onError: (error) => notifyFailure("The workflow was not changed", error),
  });
  const download = useMutation({
    mutationFn: async () =>
      saveFile(`${workflow.slug}.yaml`, await (await send(getExportWorkflowUrl(workflow.slug))).blob()),
    onError: (error) => notifyFailure("The workflow was not exported", error),
  });
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" px={9} aria-label="More actions">
          <IconDots size={16} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconDownload size={16} />} onClick={() => download.mutate()}>
          Export as YAML
        </Menu.Item>
        <Menu.Item leftSection={<IconArchive size={16} />} onClick={() => archive.mutate()}>
          {archived ? "Take out of the archive" : "Archive"}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
