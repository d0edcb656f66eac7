import { Badge, Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { changeMemberRole, removeMember } from "@/api/generated/members";
import type { Me, Member, Role } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { LoadingRows } from "@/components/loading";
import { Timestamp } from "@/components/timestamp";
import { InvitationsSection } from "./invitations-section";
import { InviteDialog } from "./invite-dialog";
import { PagedList } from "./paged-list";
import { membersQuery, settingsKeys } from "./queries";
import { RoleSelect } from "./role-select";
import { roleLabel } from "./roles";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

/** The people of the workspace and those who are invited. */
export function MembersPage() {
  const { data: me } = useQuery(meQuery);
  const members = useInfiniteQuery(membersQuery());
  const [inviting, invite] = useDisclosure(false);
  if (!me) return <LoadingRows rows={3} />;
  const manages = may(me, "members:manage");
  return (
    <>
      <Section
        title="Members"
        lead="Who belongs to the workspace, and what each may do."
        actions={
          manages && (
            <Button leftSection={<IconUserPlus size={16} />} onClick={invite.open}>
              Invite
            </Button>
          )
        }
      >
        <PagedList
          query={members}
          label="Members"
          empty="Nobody has joined yet. Invite the first person by e-mail address."
          row={(member) => <MemberRow key={member.user_id} member={member} me={me} />}
        />
      </Section>
      {manages && <InvitationsSection />}
      <InviteDialog opened={inviting} onClose={invite.close} mayOwn={may(me, "workspace:own")} />
    </>
  );
}

interface RowProps {
  member: Member;
  me: Me;
}

function MemberRow({ member, me }: RowProps) {
  const self = member.user_id === me.user?.id;
  const mayOwn = may(me, "workspace:own");
  const manages = may(me, "members:manage") && !self && (mayOwn || member.role !== "owner");
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>
          {member.name}{" "}
          {self && (
            <Text span c="dimmed" size="sm">
              (you)
            </Text>
          )}
        </div>
        <div className={classes.detail}>
          {member.email}
          {!member.email_verified && " (address not verified)"}
          {member.last_seen_at && (
            <>
              {" · seen "}
              <Timestamp at={member.last_seen_at} />
            </>
          )}
          {member.groups.length > 0 && ` · ${member.groups.map(({ name }) => name).join(", ")}`}
        </div>
      </div>
      {!member.second_factor && (
        <Badge color="yellow" tt="none" title="Signs in with the password alone">
          No second factor
        </Badge>
      )}
      {manages ? <Manage member={member} mayOwn={mayOwn} /> : <Text size="sm">{roleLabel(member.role)}</Text>}
    </li>
  );
}

interface ManageProps {
  member: Member;
  mayOwn: boolean;
}

function Manage({ member, mayOwn }: ManageProps) {
  const [removing, removal] = useDisclosure(false);
  const change = useChange({
    run: (role: Role) => changeMemberRole(member.user_id, { role }),
    refresh: [settingsKeys.members],
    done: (role) => `${member.name} is ${roleLabel(role)} now`,
    undo: () => changeMemberRole(member.user_id, { role: member.role }),
    failed: "The role was not changed",
  });
  const remove = useChange({
    run: () => removeMember(member.user_id),
    refresh: [settingsKeys.members, settingsKeys.groups],
    done: () => `${member.name} was removed`,
    after: removal.close,
  });
  return (
    <>
      <RoleSelect
        ariaLabel={`Role of ${member.name}`}
        size="xs"
        w={120}
        value={member.role}
        mayOwn={mayOwn}
        disabled={change.isPending}
        onChange={(role) => role !== member.role && change.mutate(role)}
      />
      <Button
        variant="subtle"
        color="red"
        size="compact-sm"
        onClick={removal.open}
        aria-label={`Remove ${member.name}`}
      >
        Remove
      </Button>
      <ConfirmDialog
        opened={removing}
        onClose={removal.close}
        title={`Remove ${member.name}?`}
        action="Remove"
        onConfirm={() => remove.mutate(undefined)}
        pending={remove.isPending}
        error={remove.error}
      >
        They lose access at once, and their API keys stop working. What they have built and started stays.
      </ConfirmDialog>
    </>
  );
}
