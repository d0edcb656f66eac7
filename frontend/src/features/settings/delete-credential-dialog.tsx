import { useQuery } from "@tanstack/react-query";
import { deleteCredential } from "@/api/generated/credentials";
import type { Credential } from "@/api/generated/perdure.schemas";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { credentialUsageQuery, settingsKeys } from "./queries";
import { useChange } from "./use-change";

interface Props {
  credential: Credential;
  opened: boolean;
  onClose: () => void;
}

/** Deletes a credential after saying who uses it. */
export function DeleteCredentialDialog({ credential, opened, onClose }: Props) {
  const { data: usage } = useQuery({ ...credentialUsageQuery(credential.id), enabled: opened });
  const users = new Set([...(usage?.versions ?? []), ...(usage?.drafts ?? [])].map(({ name }) => name));
  const remove = useChange({
    run: () => deleteCredential(credential.id, { force: users.size > 0 }),
    refresh: [settingsKeys.credentials],
    done: () => `${credential.name} was deleted`,
    after: onClose,
  });
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Delete ${credential.name}?`}
      action={users.size > 0 ? "Delete all the same" : "Delete"}
      onConfirm={() => remove.mutate(undefined)}
      pending={remove.isPending || usage === undefined}
      error={remove.error}
    >
      {users.size > 0
        ? `These workflows use it and will fail at the steps that do: ${[...users].join(", ")}. The value cannot be brought back.`
        : "No workflow uses it. The value cannot be brought back."}
    </ConfirmDialog>
  );
}
