import { Button, Checkbox, Group, Stack, Switch, TagsInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import type { Kind, Masking } from "@/api/generated/perdure.schemas";
import { changeMasking } from "@/api/generated/privacy";
import { ErrorPanel } from "@/components/error-panel";
import { FormAlert } from "@/components/form/form-alert";
import { LoadingRows } from "@/components/loading";
import { Section } from "../section";
import { useChange } from "../use-change";
import { maskingQuery, privacyKeys } from "./privacy-queries";
import { KINDS } from "./privacy-words";

interface Props {
  editable: boolean;
}

/** What is masked, and where. */
export function MaskingSection({ editable }: Props) {
  const masking = useQuery(maskingQuery);
  return (
    <Section
      title="Masking"
      lead="Personal data is replaced by its name, such as [e-mail address]. Owners and admins see everything; operators and editors can reveal a value for a reason, which the audit log keeps."
    >
      {masking.isError && <ErrorPanel error={masking.error} onRetry={() => void masking.refetch()} />}
      {masking.isPending && <LoadingRows rows={3} />}
      {masking.data && <MaskingForm masking={masking.data} editable={editable} />}
    </Section>
  );
}

interface FormProps extends Props {
  masking: Masking;
}

function MaskingForm({ masking, editable }: FormProps) {
  const form = useForm({ initialValues: masking });
  const save = useChange({
    run: changeMasking,
    refresh: [privacyKeys.masking],
    done: () => "Masking was changed",
    after: () => form.resetDirty(),
  });
  const flag = (name: "mask_logs" | "mask_views" | "mask_events") =>
    form.getInputProps(name, { type: "checkbox" });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack maw={520} align="flex-start">
        <Switch label="In logs" disabled={!editable} {...flag("mask_logs")} />
        <Switch
          label="In runs, approvals and chats"
          description="For everybody without the permission to see personal data. Text that is just being written is shown when it is complete."
          disabled={!editable}
          {...flag("mask_views")}
        />
        <Switch label="In what subscriptions are told" disabled={!editable} {...flag("mask_events")} />
        <Checkbox.Group label="Found by its form" {...form.getInputProps("kinds")}>
          <Group mt={6}>
            {(Object.keys(KINDS) as Kind[]).map((kind) => (
              <Checkbox key={kind} value={kind} label={KINDS[kind]} disabled={!editable} />
            ))}
          </Group>
        </Checkbox.Group>
        <TagsInput
          w="100%"
          label="Fields"
          description="Names, such as birthday, or paths with * for any name, such as customer.address.*"
          placeholder={form.values.fields.length === 0 ? "Type a field and press Enter" : undefined}
          clearable
          clearButtonProps={{ "aria-label": "No fields" }}
          readOnly={!editable}
          {...form.getInputProps("fields")}
        />
        <FormAlert error={save.error} />
        {editable && (
          <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
            Save
          </Button>
        )}
      </Stack>
    </form>
  );
}
