import { ActionIcon, Button, Group, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { claimApproval, releaseApproval } from "@/api/generated/approvals";
import type { ApprovalDetail, Me } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { approvalKeys } from "@/api/queries/approvals";
import { notifyFailure } from "@/lib/notify";
import { HandOverDialog } from "./hand-over-dialog";

interface Props {
  request: ApprovalDetail;
}

/** What one can do with a request beside answering it: claim it, give it back, hand it on. */
export function RequestActions({ request }: Props) {
  const { data: me } = useQuery(meQuery);
  const [handing, setHanding] = useState<"delegate" | "assign" | null>(null);
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (act: (id: string) => Promise<unknown>) => act(request.id),
    onError: (error) => notifyFailure("That did not work", error),
    onSettled: () => client.invalidateQueries({ queryKey: approvalKeys.all }),
  });
  const { manages, releases, delegates } = rightsOf(request, me);
  if (request.status !== "pending") return null;
  return (
    <Group gap={6} wrap="nowrap">
      {request.claimable && (
        <Button size="compact-sm" variant="default" onClick={() => change.mutate((id) => claimApproval(id))}>
          Claim
        </Button>
      )}
      {releases && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => change.mutate((id) => releaseApproval(id))}
        >
          Release
        </Button>
      )}
      {(delegates || manages) && (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label="More about this request">
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {delegates && <Menu.Item onClick={() => setHanding("delegate")}>Hand to somebody…</Menu.Item>}
            {manages && <Menu.Item onClick={() => setHanding("assign")}>Ask others…</Menu.Item>}
          </Menu.Dropdown>
        </Menu>
      )}
      {handing !== null && (
        <HandOverDialog
          request={request}
          how={handing}
          self={me?.user?.id ?? null}
          onClose={() => setHanding(null)}
        />
      )}
    </Group>
  );
}

function rightsOf(request: ApprovalDetail, me: Me | undefined) {
  const manages = may(me, "workspace:manage");
  const mine = request.claimed_by_id !== null && request.claimed_by_id === me?.user?.id;
  return {
    manages,
    releases: request.claimed_by !== null && (mine || manages),
    delegates: request.may_decide && me?.user != null,
  };
}
