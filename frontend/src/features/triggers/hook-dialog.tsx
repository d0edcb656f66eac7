import { Modal, Stack, Tabs } from "@mantine/core";
import { useState } from "react";
import { createHook, updateHook } from "@/api/generated/hooks";
import type { Hook, HookWithSecret } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { type HookDraft, hookContentOf, hookDraftOf } from "./hook-draft";
import { HookFields, HookLimits, HookPageFields } from "./hook-fields";
import { HookMapping } from "./hook-mapping";
import { triggerKeys } from "./queries";
import { SecretOnce } from "./secret-once";
import { useAction } from "./use-action";

interface Props {
  workflow: string;
  /** The one to change; a new one otherwise. */
  hook?: Hook;
  opened: boolean;
  onClose: () => void;
}

/** Makes or changes a way in for the world outside. */
export function HookDialog({ workflow, hook, opened, onClose }: Props) {
  const [made, setMade] = useState<HookWithSecret | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  const title = made ? `The secret of ${made.name}` : hook ? `Edit ${hook.name}` : "New hook";
  return (
    <Modal opened={opened} onClose={close} title={title} size="lg">
      {made?.secret ? (
        <SecretOnce secret={made.secret} onDone={close} />
      ) : (
        <HookForm
          workflow={workflow}
          hook={hook}
          onLeave={close}
          onSaved={(saved) => (saved.secret ? setMade(saved) : close())}
        />
      )}
    </Modal>
  );
}

interface FormProps {
  workflow: string;
  hook: Hook | undefined;
  onLeave: () => void;
  onSaved: (hook: HookWithSecret) => void;
}

function HookForm({ workflow, hook, onLeave, onSaved }: FormProps) {
  const [draft, setDraft] = useState<HookDraft>(() => hookDraftOf(hook));
  const set = (change: Partial<HookDraft>) => setDraft((before) => ({ ...before, ...change }));
  const save = useAction({
    run: () =>
      hook
        ? updateHook(hook.id, hookContentOf(draft))
        : createHook({ workflow, kind: draft.kind, ...hookContentOf(draft) }),
    refresh: triggerKeys.hooks,
    done: hook ? `${draft.name} was changed` : `${draft.name} was made`,
    after: onSaved,
  });
  const parts = { draft, set };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <Stack>
        <HookFields {...parts} isNew={!hook} />
        <Tabs defaultValue="mapping" keepMounted={false}>
          <Tabs.List mb="sm">
            <Tabs.Tab value="mapping">Input of the run</Tabs.Tab>
            {draft.kind === "form" && <Tabs.Tab value="page">Page</Tabs.Tab>}
            <Tabs.Tab value="limits">Answer and limits</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="mapping">
            <HookMapping {...parts} workflow={workflow} hook={hook} />
          </Tabs.Panel>
          <Tabs.Panel value="page">
            <HookPageFields {...parts} />
          </Tabs.Panel>
          <Tabs.Panel value="limits">
            <HookLimits {...parts} />
          </Tabs.Panel>
        </Tabs>
        <FormAlert error={save.error} withFields />
        <FormFooter action={hook ? "Save" : "Create"} pending={save.isPending} onCancel={onLeave} />
      </Stack>
    </form>
  );
}
