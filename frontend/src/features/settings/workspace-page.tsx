import { Badge, Button, Switch, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEnterWorkspace } from "@/api/enter-workspace";
import { leaveWorkspace } from "@/api/generated/members";
import type { Me } from "@/api/generated/perdure.schemas";
import { changeSecondFactorPolicy } from "@/api/generated/second-factor";
import { updateWorkspace } from "@/api/generated/workspaces";
import { leave } from "@/api/leave";
import { may, meQuery } from "@/api/queries/account";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { FormAlert } from "@/components/form/form-alert";
import { LoadingRows } from "@/components/loading";
import { NewWorkspaceDialog } from "@/components/new-workspace-dialog";
import { plural } from "@/lib/format";
import { secondFactorPolicyQuery } from "./queries";
import { roleLabel } from "./roles";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

/** The workspace as a whole: its name, what it asks of its members, the way out of it. */
export function WorkspacePage() {
  const { data: me } = useQuery(meQuery);
  if (!me) return <LoadingRows rows={3} />;
  return (
    <>
      <NameSection me={me} />
      <PolicySection me={me} />
      {me.user && <WorkspacesSection me={me} />}
      {me.user && <LeaveSection me={me} />}
    </>
  );
}

interface Props {
  me: Me;
}

function NameSection({ me }: Props) {
  const { name, slug } = me.workspace;
  const editable = may(me, "workspace:manage");
  const form = useForm({ initialValues: { name }, validate: { name: isNotEmpty("Give it a name.") } });
  const save = useChange({
    run: (text: string) => updateWorkspace({ name: text }),
    refresh: [meQuery.queryKey],
    done: () => "The workspace was renamed",
  });
  return (
    <Section title="Workspace" lead="Workflows, runs, people and keys belong to one workspace each.">
      <form
        className={classes.form}
        onSubmit={form.onSubmit((values) => save.mutate(values.name.trim()))}
        noValidate
      >
        <TextInput label="Name" readOnly={!editable} {...form.getInputProps("name")} />
        <TextInput label="Short name" value={slug} readOnly variant="filled" />
        <FormAlert error={save.error} />
        {editable && (
          <Button type="submit" loading={save.isPending} disabled={form.values.name.trim() === name}>
            Save
          </Button>
        )}
      </form>
    </Section>
  );
}

function PolicySection({ me }: Props) {
  const { data: policy } = useQuery(secondFactorPolicyQuery);
  const change = useChange({
    run: (required: boolean) => changeSecondFactorPolicy({ required }),
    refresh: [secondFactorPolicyQuery.queryKey],
    failed: "The rule was not changed",
  });
  if (!policy) return null;
  const without = policy.members_without;
  return (
    <Section title="Second factor for everybody">
      <Switch
        label="Members without a second factor can do nothing but set it up"
        description={
          without === 0
            ? "Everybody has one."
            : `${plural(without, "member has", "members have")} none at the moment.`
        }
        checked={policy.required}
        disabled={!may(me, "workspace:own") || change.isPending}
        onChange={(event) => change.mutate(event.currentTarget.checked)}
      />
      {!may(me, "workspace:own") && <p className={classes.lead}>Only owners change this.</p>}
    </Section>
  );
}

function WorkspacesSection({ me }: Props) {
  const enter = useEnterWorkspace();
  const [creating, create] = useDisclosure(false);
  return (
    <Section
      title="Your workspaces"
      actions={
        <Button variant="default" onClick={create.open}>
          New workspace
        </Button>
      }
    >
      <ul className={classes.list} aria-label="Your workspaces">
        {me.workspaces.map(({ id, name, role }) => (
          <li key={id} className={classes.row}>
            <div className={classes.what}>
              <div className={classes.name}>{name}</div>
              <div className={classes.detail}>{roleLabel(role)}</div>
            </div>
            {id === me.workspace.id ? (
              <Badge color="gray" tt="none">
                You are here
              </Badge>
            ) : (
              <Button variant="subtle" size="compact-sm" onClick={() => enter.mutate(id)}>
                Go there
              </Button>
            )}
          </li>
        ))}
      </ul>
      <NewWorkspaceDialog opened={creating} onClose={create.close} />
    </Section>
  );
}

function LeaveSection({ me }: Props) {
  const [opened, dialog] = useDisclosure(false);
  const go = useChange({ run: () => leaveWorkspace(), refresh: [], after: () => void leave() });
  return (
    <Section title="Leave" lead="You lose access at once; somebody has to invite you to come back.">
      <Button variant="default" color="red" onClick={dialog.open}>
        Leave the workspace
      </Button>
      <ConfirmDialog
        opened={opened}
        onClose={dialog.close}
        title={`Leave ${me.workspace.name}?`}
        action="Leave"
        onConfirm={() => go.mutate(undefined)}
        pending={go.isPending}
        error={go.error}
      >
        What you have started goes on. Requests that only you could answer will need somebody else.
      </ConfirmDialog>
    </Section>
  );
}
