import {
  NumberInput,
  PasswordInput,
  Radio,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from "@mantine/core";
import type { HookKind, Signature } from "@/api/generated/perdure.schemas";
import { type HookDraft, KINDS, SIGNATURES } from "./hook-draft";

interface Props {
  draft: HookDraft;
  set: (change: Partial<HookDraft>) => void;
}

/** What it is, and how its sender proves who they are. */
export function HookFields({ draft, set, isNew }: Props & { isNew: boolean }) {
  const { kind } = draft;
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label="Name"
          required
          data-autofocus
          value={draft.name}
          onChange={(e) => set({ name: e.currentTarget.value })}
        />
        {isNew ? (
          <Select
            label="Kind"
            data={KINDS}
            value={kind}
            allowDeselect={false}
            onChange={(value) => set(ofKind((value ?? "webhook") as HookKind))}
          />
        ) : (
          <Switch
            mt={28}
            label="On: what is sent there is taken"
            checked={draft.enabled}
            onChange={(e) => set({ enabled: e.currentTarget.checked })}
          />
        )}
      </SimpleGrid>
      {kind === "form" ? (
        <Radio.Group
          label="Who may fill it in"
          value={draft.access}
          onChange={(access) => set({ access: access as HookDraft["access"] })}
        >
          <Stack gap={6} mt={6}>
            <Radio value="signed_in" label="People of the workspace who may start runs" />
            <Radio value="public" label="Whoever knows its address, without an account" />
          </Stack>
        </Radio.Group>
      ) : (
        <Proof draft={draft} set={set} isNew={isNew} />
      )}
    </>
  );
}

/** Mail providers sign in ways of their own, or not at all. */
function ofKind(kind: HookKind): Partial<HookDraft> {
  return { kind, signature: kind === "webhook" ? "standard" : "none" };
}

function Proof({ draft, set, isNew }: Props & { isNew: boolean }) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      <Select
        label="Signature"
        data={SIGNATURES}
        value={draft.signature}
        allowDeselect={false}
        onChange={(value) => set({ signature: (value ?? "standard") as Signature })}
      />
      {draft.signature !== "none" && (
        <PasswordInput
          label="Secret of the sender"
          description={
            isNew ? "Leave it empty to have one made." : "Leave it empty to keep the one that is there."
          }
          inputWrapperOrder={["label", "input", "description"]}
          autoComplete="off"
          value={draft.secret}
          onChange={(e) => set({ secret: e.currentTarget.value })}
        />
      )}
    </SimpleGrid>
  );
}

/** How the page of a form looks. */
export function HookPageFields({ draft, set }: Props) {
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label="Title"
          placeholder="the name of the workflow"
          value={draft.title}
          onChange={(e) => set({ title: e.currentTarget.value })}
        />
        <TextInput
          label="Button"
          required
          value={draft.button}
          onChange={(e) => set({ button: e.currentTarget.value })}
        />
      </SimpleGrid>
      <Textarea
        label="Text above the fields"
        description="Markdown"
        autosize
        minRows={2}
        value={draft.text}
        onChange={(e) => set({ text: e.currentTarget.value })}
      />
      <Textarea
        label="Said when it was sent"
        autosize
        value={draft.thanks}
        onChange={(e) => set({ thanks: e.currentTarget.value })}
      />
    </Stack>
  );
}

/** What the sender is answered, and what is too much. */
export function HookLimits({ draft, set }: Props) {
  return (
    <Stack gap="sm">
      {draft.kind !== "form" && <Answering draft={draft} set={set} />}
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NumberInput
          label="Longest body, in bytes"
          min={1}
          max={1_048_576}
          allowDecimal={false}
          thousandSeparator=","
          value={draft.maxBytes}
          onChange={(value) => set({ maxBytes: Number(value) })}
        />
        <NumberInput
          label="Requests a minute"
          min={1}
          max={60_000}
          allowDecimal={false}
          value={draft.perMinute}
          onChange={(value) => set({ perMinute: Number(value) })}
        />
        {draft.kind !== "form" && draft.signature !== "none" && draft.signature !== "github" && (
          <NumberInput
            label="Seconds that a signature counts"
            min={10}
            max={86_400}
            allowDecimal={false}
            value={draft.tolerance}
            onChange={(value) => set({ tolerance: Number(value) })}
          />
        )}
        <TextInput
          label="Version"
          placeholder="the newest at each start"
          inputMode="numeric"
          value={draft.version}
          onChange={(e) => set({ version: e.currentTarget.value.replace(/\D/g, "") })}
        />
      </SimpleGrid>
    </Stack>
  );
}

function Answering({ draft, set }: Props) {
  return (
    <>
      <Radio.Group
        label="Answer"
        value={draft.waits ? "wait" : "at_once"}
        onChange={(mode) => set({ waits: mode === "wait" })}
      >
        <Stack gap={6} mt={6}>
          <Radio value="at_once" label="At once: 202 with the id of the run" />
          <Radio value="wait" label="What the step Respond of the run says, or its output" />
        </Stack>
      </Radio.Group>
      {draft.waits && (
        <NumberInput
          label="Wait for so many seconds"
          description="After them the answer is 202."
          min={1}
          max={60}
          value={draft.seconds}
          onChange={(value) => set({ seconds: Number(value) })}
        />
      )}
    </>
  );
}
