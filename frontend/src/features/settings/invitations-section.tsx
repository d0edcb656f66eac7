import { Badge, Button, Modal } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { resendInvitation, revokeInvitation } from "@/api/generated/invitations";
import type { Invitation } from "@/api/generated/perdure.schemas";
import { Timestamp } from "@/components/timestamp";
import { notifyDone } from "@/lib/notify";
import { OneTimeSecret } from "./one-time-secret";
import { PagedList } from "./paged-list";
import { invitationsQuery, settingsKeys } from "./queries";
import { roleLabel } from "./roles";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

/** Said beside the link of an invitation. */
export const LINK_NOTE =
  "Send this link to them. It works once, only for their e-mail address, and is not shown again.";

/** The address of a page that an answer of the API names. */
export function linkTo(path: string): string {
  return new URL(path, globalThis.location.origin).href;
}

/** Said where the link of an invitation is in a mail only. */
export function mailedTo(email: string): string {
  return `The invitation was mailed to ${email}`;
}

/** Invitations that nobody has accepted yet. */
export function InvitationsSection() {
  const invitations = useInfiniteQuery(invitationsQuery);
  return (
    <Section title="Invited" lead="They have not accepted yet.">
      <PagedList
        query={invitations}
        label="Invitations"
        empty="No invitation is open."
        row={(invitation) => <InvitationRow key={invitation.id} invitation={invitation} />}
      />
    </Section>
  );
}

interface Props {
  invitation: Invitation;
}

function InvitationRow({ invitation }: Props) {
  const [link, setLink] = useState<string | null>(null);
  const refresh = [settingsKeys.invitations];
  const resend = useChange({
    run: () => resendInvitation(invitation.id),
    refresh,
    after: (sent) => (sent.path === null ? notifyDone(mailedTo(sent.email)) : setLink(linkTo(sent.path))),
    failed: "No new link was made",
  });
  const revoke = useChange({
    run: () => revokeInvitation(invitation.id),
    refresh,
    done: () => `The invitation of ${invitation.email} was withdrawn`,
    failed: "The invitation stays",
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{invitation.email}</div>
        <div className={classes.detail}>
          invited by {invitation.invited_by}, ends <Timestamp at={invitation.expires_at} />
        </div>
      </div>
      <Badge color="gray" tt="none">
        {roleLabel(invitation.role)}
      </Badge>
      <Button
        variant="subtle"
        size="compact-sm"
        loading={resend.isPending}
        onClick={() => resend.mutate(undefined)}
      >
        New link
      </Button>
      <Button
        variant="subtle"
        color="red"
        size="compact-sm"
        loading={revoke.isPending}
        onClick={() => revoke.mutate(undefined)}
        aria-label={`Withdraw the invitation of ${invitation.email}`}
      >
        Withdraw
      </Button>
      <Modal opened={link !== null} onClose={() => setLink(null)} title={`Link for ${invitation.email}`}>
        <OneTimeSecret value={link ?? ""} note={LINK_NOTE} onDone={() => setLink(null)} />
      </Modal>
    </li>
  );
}
