import { ActionIcon, Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { listGroups } from "@/api/generated/groups";
import type { Role, SignOn } from "@/api/generated/perdure.schemas";
import { replaceGroupMappings } from "@/api/generated/sign-on";
import { FormAlert } from "@/components/form/form-alert";
import { settingsKeys } from "../queries";
import { ROLES } from "../roles";
import { Section } from "../section";
import { useChange } from "../use-change";
import { signOnKey } from "./sign-on-page";

interface Props {
  settings: SignOn;
  owns: boolean;
}

/** What the groups of the company mean here. */
export function MappingsSection({ settings, owns }: Props) {
  const groups = useQuery({
    queryKey: [...settingsKeys.groups, "to choose from"],
    queryFn: ({ signal }) => listGroups({ limit: 200 }, { signal }),
  });
  const form = useForm({
    initialValues: {
      rows: settings.mappings.map(({ external, role, group_id }) => ({ external, role, group_id })),
    },
  });
  const save = useChange({
    run: ({ rows }: typeof form.values) =>
      replaceGroupMappings({
        mappings: rows.map(({ external, role, group_id }) => ({
          external: external.trim(),
          ...(role ? { role: role as Role } : {}),
          ...(group_id ? { group_id } : {}),
        })),
      }),
    refresh: [signOnKey],
    done: () => "It holds from the next sign-in on",
    after: () => form.resetDirty(),
  });
  const choices = (groups.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Section
      title="What groups mean"
      lead="Groups of the company become roles and groups here, for sign-ins and for the directory. Of several roles the one with the most rights counts."
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
        <Stack gap="xs">
          {form.values.rows.map((_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity of their own
            <Group key={index} gap="xs" align="flex-end" wrap="nowrap">
              <TextInput
                flex={1}
                aria-label={`Group of the company, ${index + 1}`}
                placeholder="perdure-admins"
                disabled={!owns}
                {...form.getInputProps(`rows.${index}.external`)}
              />
              <Select
                w={140}
                aria-label={`Role, ${index + 1}`}
                placeholder="No role"
                clearable
                data={ROLES.map(({ value, label }) => ({ value, label }))}
                disabled={!owns}
                {...form.getInputProps(`rows.${index}.role`)}
              />
              <Select
                w={170}
                aria-label={`Group here, ${index + 1}`}
                placeholder="No group"
                clearable
                searchable
                data={choices}
                disabled={!owns}
                {...form.getInputProps(`rows.${index}.group_id`)}
              />
              {owns && (
                <ActionIcon
                  variant="subtle"
                  color="red"
                  size="lg"
                  aria-label={`Remove mapping ${index + 1}`}
                  onClick={() => form.removeListItem("rows", index)}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              )}
            </Group>
          ))}
          <FormAlert error={save.error} />
          {owns && (
            <Group>
              <Button
                variant="default"
                leftSection={<IconPlus size={16} />}
                onClick={() => form.insertListItem("rows", { external: "", role: null, group_id: null })}
              >
                Add a group
              </Button>
              <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
                Save
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Section>
  );
}
