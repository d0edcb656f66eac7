import { Button, Group as Row } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { deleteGroup } from "@/api/generated/groups";
import type { Group } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { plural } from "@/lib/format";
import { GroupDialog } from "./group-dialog";
import { GroupMembersDialog } from "./group-members-dialog";
import { PagedList } from "./paged-list";
import { groupsQuery, settingsKeys } from "./queries";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

/** Members under one name, to ask several people at once. */
export function GroupsPage() {
  const { data: me } = useQuery(meQuery);
  const groups = useInfiniteQuery(groupsQuery);
  const [creating, create] = useDisclosure(false);
  const manages = may(me, "members:manage");
  return (
    <Section
      title="Groups"
      lead="An approval can ask a group; whoever of it answers first decides."
      actions={
        manages && (
          <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
            New group
          </Button>
        )
      }
    >
      <PagedList
        query={groups}
        label="Groups"
        empty="No group yet. Make one for people who decide the same things, such as refunds."
        row={(group) => <GroupRow key={group.id} group={group} manages={manages} />}
      />
      <GroupDialog opened={creating} onClose={create.close} />
    </Section>
  );
}

interface Props {
  group: Group;
  manages: boolean;
}

function GroupRow({ group, manages }: Props) {
  const [looking, look] = useDisclosure(false);
  const [editing, edit] = useDisclosure(false);
  const [deleting, removal] = useDisclosure(false);
  const remove = useChange({
    run: () => deleteGroup(group.id),
    refresh: [settingsKeys.groups, settingsKeys.members],
    done: () => `The group ${group.name} was deleted`,
    after: removal.close,
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{group.name}</div>
        <div className={classes.detail}>{group.description || "No description"}</div>
      </div>
      <Row gap={4}>
        <Button
          variant="default"
          size="compact-sm"
          onClick={look.open}
          aria-label={`${plural(group.members, "member")} of ${group.name}`}
        >
          {plural(group.members, "member")}
        </Button>
        {manages && (
          <>
            <Button variant="subtle" size="compact-sm" onClick={edit.open} aria-label={`Edit ${group.name}`}>
              Edit
            </Button>
            <Button
              variant="subtle"
              color="red"
              size="compact-sm"
              onClick={removal.open}
              aria-label={`Delete ${group.name}`}
            >
              Delete
            </Button>
          </>
        )}
      </Row>
      <GroupDialog group={group} opened={editing} onClose={edit.close} />
      <GroupMembersDialog group={group} manages={manages} opened={looking} onClose={look.close} />
      <ConfirmDialog
        opened={deleting}
        onClose={removal.close}
        title={`Delete ${group.name}?`}
        action="Delete"
        onConfirm={() => remove.mutate(undefined)}
        pending={remove.isPending}
        error={remove.error}
      >
        Its members stay in the workspace. Requests that ask the group can no longer be answered through it.
      </ConfirmDialog>
    </li>
  );
}
