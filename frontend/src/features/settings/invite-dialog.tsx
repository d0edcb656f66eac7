import { Modal, Stack, TextInput } from "@mantine/core";
import { isEmail, useForm } from "@mantine/form";
import { useState } from "react";
import { createInvitation } from "@/api/generated/invitations";
import type { Role } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { notifyDone } from "@/lib/notify";
import { LINK_NOTE, linkTo, mailedTo } from "./invitations-section";
import { OneTimeSecret } from "./one-time-secret";
import { settingsKeys } from "./queries";
import { RoleSelect } from "./role-select";
import { useChange } from "./use-change";

interface Props {
  opened: boolean;
  onClose: () => void;
  mayOwn: boolean;
}

/** Invites somebody, and shows the link to send them where it was not mailed. */
export function InviteDialog({ opened, onClose, mayOwn }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Invite somebody">
      <InviteForm mayOwn={mayOwn} onClose={onClose} />
    </Modal>
  );
}

function InviteForm({ mayOwn, onClose }: Omit<Props, "opened">) {
  const [link, setLink] = useState<string | null>(null);
  const form = useForm({
    initialValues: { email: "", role: "editor" as Role },
    validate: { email: isEmail("Enter an e-mail address.") },
  });
  const invite = useChange({
    run: (values: typeof form.values) => createInvitation(values),
    refresh: [settingsKeys.invitations],
    after: (sent) => {
      if (sent.path !== null) return setLink(linkTo(sent.path));
      notifyDone(mailedTo(sent.email));
      onClose();
    },
  });
  if (link !== null) return <OneTimeSecret value={link} note={LINK_NOTE} onDone={onClose} />;
  return (
    <form onSubmit={form.onSubmit((values) => invite.mutate(values))} noValidate>
      <Stack>
        <TextInput label="E-mail" type="email" data-autofocus {...form.getInputProps("email")} />
        <RoleSelect
          label="Role"
          value={form.values.role}
          mayOwn={mayOwn}
          onChange={(role) => form.setFieldValue("role", role)}
        />
        <FormAlert error={invite.error} />
        <FormFooter action="Create invitation" pending={invite.isPending} />
      </Stack>
    </form>
  );
}
