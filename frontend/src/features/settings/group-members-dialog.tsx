import { Button, Modal, Select, Stack } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { addGroupMember, removeGroupMember } from "@/api/generated/groups";
import type { Group, Member } from "@/api/generated/perdure.schemas";
import { PagedList } from "./paged-list";
import { membersQuery, settingsKeys } from "./queries";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

interface Props {
  group: Group;
  manages: boolean;
  opened: boolean;
  onClose: () => void;
}

const REFRESH = [settingsKeys.groups, settingsKeys.members];

/** Who is in a group, and who joins it. */
export function GroupMembersDialog({ group, manages, opened, onClose }: Props) {
  const inside = useInfiniteQuery({ ...membersQuery({ group: group.id }), enabled: opened });
  const remove = useChange({
    run: (member: Member) => removeGroupMember(group.id, member.user_id),
    refresh: REFRESH,
    done: (member) => `${member.name} left ${group.name}`,
    undo: (member) => addGroupMember(group.id, member.user_id),
    failed: "They stay in the group",
  });
  return (
    <Modal opened={opened} onClose={onClose} title={`Members of ${group.name}`}>
      <Stack>
        {manages && <AddMember group={group} />}
        <PagedList
          query={inside}
          label="Members of the group"
          empty="Nobody is in it yet."
          row={(member) => (
            <li key={member.user_id} className={classes.row}>
              <div className={classes.what}>
                <div className={classes.name}>{member.name}</div>
                <div className={classes.detail}>{member.email}</div>
              </div>
              {manages && (
                <Button
                  variant="subtle"
                  color="red"
                  size="compact-sm"
                  onClick={() => remove.mutate(member)}
                  aria-label={`Take out ${member.name}`}
                >
                  Take out
                </Button>
              )}
            </li>
          )}
        />
      </Stack>
    </Modal>
  );
}

interface AddProps {
  group: Group;
}

function AddMember({ group }: AddProps) {
  const everybody = useInfiniteQuery(membersQuery());
  const add = useChange({
    run: (userId: string) => addGroupMember(group.id, userId),
    refresh: REFRESH,
    failed: "They were not added",
  });
  const outside = (everybody.data?.pages.flatMap((page) => page.items) ?? []).filter(
    (member) => !member.groups.some(({ id }) => id === group.id),
  );
  return (
    <Select
      label="Add somebody"
      placeholder={outside.length === 0 ? "Everybody is in it" : "Name or e-mail"}
      searchable
      value={null}
      disabled={outside.length === 0 || add.isPending}
      data={outside.map(({ user_id, name, email }) => ({ value: user_id, label: `${name} (${email})` }))}
      onChange={(userId) => userId && add.mutate(userId)}
    />
  );
}
