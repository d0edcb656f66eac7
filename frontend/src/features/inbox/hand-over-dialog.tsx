import { Button, Checkbox, Group, Modal, MultiSelect, Select, Stack, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { assignApproval, delegateApproval } from "@/api/generated/approvals";
import { listGroups } from "@/api/generated/groups";
import { listMembers } from "@/api/generated/members";
import type { ApprovalDetail } from "@/api/generated/perdure.schemas";
import { approvalKeys } from "@/api/queries/approvals";
import { Refusal } from "@/components/request/refusal";
import { notifyDone } from "@/lib/notify";

interface Props {
  request: ApprovalDetail;
  how: "delegate" | "assign";
  self: string | null;
  onClose: () => void;
}

const ROLES = ["owner", "admin", "editor", "operator"];

/** Let others answer: in one's own place, or beside or instead of all who are asked. */
export function HandOverDialog({ request, how, self, onClose }: Props) {
  const client = useQueryClient();
  const people = useQuery({
    queryKey: [...approvalKeys.all, "people"],
    queryFn: ({ signal }) => listMembers({ limit: 200 }, { signal }),
  });
  const [to, setTo] = useState<string[]>([]);
  const [comment, setComment] = useState("");
  const [replace, setReplace] = useState(false);
  const hand = useMutation({
    mutationFn: () =>
      how === "delegate"
        ? delegateApproval(request.id, { to: to[0] ?? "", comment: comment.trim() || null })
        : assignApproval(request.id, { to, replace }),
    onSuccess: () => {
      notifyDone(how === "delegate" ? "Handed over." : "Others are asked now.");
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: approvalKeys.all }),
  });
  const members = (people.data?.items ?? []).filter(({ user_id, disabled }) => user_id !== self && !disabled);
  return (
    <Modal opened onClose={onClose} title={how === "delegate" ? "Hand to somebody" : "Ask others"}>
      <Stack>
        {how === "delegate" ? (
          <>
            <Select
              label="Member"
              searchable
              data-autofocus
              data={members.map(({ user_id, name, email }) => ({ value: user_id, label: name || email }))}
              value={to[0] ?? null}
              onChange={(chosen) => setTo(chosen === null ? [] : [chosen])}
            />
            <Textarea
              label="What they should know"
              autosize
              minRows={2}
              value={comment}
              onChange={(event) => setComment(event.currentTarget.value)}
            />
          </>
        ) : (
          <>
            <Principals members={members.map(({ email }) => email)} value={to} onChange={setTo} />
            <Checkbox
              label="Nobody else may answer any more"
              checked={replace}
              onChange={(event) => setReplace(event.currentTarget.checked)}
            />
          </>
        )}
        <Refusal error={hand.error} />
        <Group justify="flex-end">
          <Button variant="subtle" color="gray" onClick={onClose}>
            Cancel
          </Button>
          <Button disabled={to.length === 0} loading={hand.isPending} onClick={() => hand.mutate()}>
            {how === "delegate" ? "Hand over" : "Ask"}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

interface PrincipalsProps {
  members: string[];
  value: string[];
  onChange: (to: string[]) => void;
}

function Principals({ members, value, onChange }: PrincipalsProps) {
  const groups = useQuery({
    queryKey: [...approvalKeys.all, "groups"],
    queryFn: ({ signal }) => listGroups({ limit: 200 }, { signal }),
  });
  return (
    <MultiSelect
      label="Members, groups or roles"
      searchable
      data-autofocus
      data={[
        { group: "Members", items: members },
        { group: "Groups", items: (groups.data?.items ?? []).map(({ name }) => `group:${name}`) },
        { group: "Roles", items: ROLES.map((role) => `role:${role}`) },
      ]}
      value={value}
      onChange={onChange}
    />
  );
}
