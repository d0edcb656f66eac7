import { NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { isRecord } from "@/lib/graph/document";

interface Props {
  /** By which the fields can be found, each with its name behind it. */
  id: string;
  errors: Readonly<Record<string, string | undefined>>;
  value: unknown;
  onChange: (limits: Record<string, unknown> | undefined) => void;
}

/** Bounds of each run. */
export function LimitFields({ id, errors, value, onChange }: Props) {
  const limits = isRecord(value) ? value : {};
  const change = (name: string, next: unknown) => {
    const { [name]: _, ...rest } = limits;
    const all = next === "" || next === undefined ? rest : { ...rest, [name]: next };
    onChange(Object.keys(all).length > 0 ? all : undefined);
  };
  return (
    <section id={id} aria-label="Limits">
      <Text size="sm" fw={560}>
        Limits
      </Text>
      <Text size="xs" c="dimmed" mb={6}>
        A run that would go beyond one of them stops.
      </Text>
      {errors.limits && (
        <Text size="xs" c="red" mb={6}>
          {errors.limits}
        </Text>
      )}
      <Stack gap="xs">
        <TextInput
          id={`${id}_timeout`}
          size="xs"
          error={errors["limits.timeout"]}
          label="Longest time"
          placeholder="30d"
          value={limits.timeout === undefined ? "" : String(limits.timeout)}
          onChange={(event) => change("timeout", event.currentTarget.value)}
        />
        {NUMBERS.map(({ name, label, placeholder }) => (
          <NumberInput
            key={name}
            id={`${id}_${name}`}
            size="xs"
            error={errors[`limits.${name}`]}
            label={label}
            placeholder={placeholder}
            min={0}
            allowDecimal={name === "max_cost_usd"}
            value={typeof limits[name] === "number" ? limits[name] : ""}
            onChange={(next) => change(name, typeof next === "number" ? next : undefined)}
          />
        ))}
      </Stack>
    </section>
  );
}

const NUMBERS = [
  { name: "max_cost_usd", label: "Most it may cost, in US dollars", placeholder: "No limit" },
  { name: "max_steps", label: "Most steps", placeholder: "100000" },
  { name: "max_parallel", label: "Most steps at once", placeholder: "50" },
];

/** Where in a document the limits stand. */
export const LIMIT_FIELDS = ["timeout", ...NUMBERS.map(({ name }) => name)].map((name) => `limits.${name}`);
