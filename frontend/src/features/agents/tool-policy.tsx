import { Checkbox, Fieldset, Select, Stack } from "@mantine/core";
import { CodeEditor } from "@/components/code/code-editor";
import type { ToolPolicy } from "./tool-types";

interface Props {
  policy: ToolPolicy;
  /** What the tool may change, which says what is usual. */
  effect: string;
  fault: string | undefined;
  onChange: (policy: ToolPolicy) => void;
}

/** When a person is asked before a tool is used. */
export function ToolPolicyForm({ policy, effect, fault, onChange }: Props) {
  const { when: _, approve: __, ...rest } = policy;
  const rules = [
    { value: "", label: usualOf(effect) },
    { value: "always", label: "Each time" },
    { value: "when", label: "If a condition holds" },
    { value: "never", label: "Never" },
  ];
  return (
    <Fieldset legend="A person is asked first" variant="filled">
      <Stack gap="sm">
        <Select
          aria-label="When a person is asked"
          data={rules}
          allowDeselect={false}
          error={policy.approve === "when" ? undefined : fault}
          value={policy.approve ?? ""}
          onChange={(rule) => onChange(rule ? { ...rest, approve: rule as "always" } : rest)}
        />
        {policy.approve === "when" && (
          <CodeEditor
            label="Condition"
            description="CEL over the arguments by their names, such as amount > 100."
            language="expression"
            error={fault}
            value={policy.when ?? ""}
            onChange={(when) => onChange({ ...policy, when })}
          />
        )}
        <Checkbox
          label="A person may approve all further calls of the same run at once"
          checked={policy.remember === true}
          onChange={(event) => onChange({ ...policy, remember: event.currentTarget.checked })}
        />
      </Stack>
    </Fieldset>
  );
}

function usualOf(effect: string): string {
  if (effect === "irreversible") return "Each time, since it cannot be taken back";
  if (effect === "by_settings") return "About what cannot be taken back";
  return "Not at all, unless something cannot be taken back";
}
