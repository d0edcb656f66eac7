import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { workflowQuery } from "@/api/queries/workflows";
import { ErrorPanel } from "@/components/error-panel";
import { LinkAnchor, LinkButton } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { HookDialog } from "./hook-dialog";
import { HookList } from "./hook-list";
import { may, useMe } from "./may";
import { hooksQuery } from "./queries";
import { SchedulesOfWorkflow, TriggerSection } from "./schedules";
import classes from "./triggers.module.css";

/** What starts a workflow by itself: schedules, webhooks, forms, mails. */
export function TriggersPage() {
  const { slug } = useParams({ from: "/shell/workflows/$slug/triggers" });
  const { data: workflow } = useQuery(workflowQuery(slug));
  const manages = may(useMe(), "workflows:publish");
  return (
    <Page
      title="Triggers"
      crumbs={
        <LinkAnchor to="/workflows/$slug" params={{ slug }} c="dimmed" size="sm">
          {workflow?.name ?? slug}
        </LinkAnchor>
      }
      actions={
        <LinkButton to="/schedules" variant="default">
          All schedules
        </LinkButton>
      }
    >
      <SchedulesOfWorkflow workflow={slug} />
      {manages && <Hooks slug={slug} />}
    </Page>
  );
}

function Hooks({ slug }: { slug: string }) {
  const hooks = useQuery(hooksQuery(slug));
  const [opened, dialog] = useDisclosure(false);
  const items = hooks.data?.items ?? [];
  return (
    <TriggerSection
      title="Webhooks, forms and mails"
      lead="Addresses by which the world outside starts a run. Keep them like passwords."
      action={
        <Button variant="default" leftSection={<IconPlus size={16} />} onClick={dialog.open}>
          New hook
        </Button>
      }
    >
      {hooks.isPending && <LoadingRows rows={2} />}
      {hooks.isError && <ErrorPanel error={hooks.error} onRetry={() => void hooks.refetch()} />}
      {hooks.isSuccess && items.length === 0 && <div className={classes.lead}>There is none yet.</div>}
      {items.length > 0 && <HookList hooks={items} />}
      <HookDialog workflow={slug} opened={opened} onClose={dialog.close} />
    </TriggerSection>
  );
}
