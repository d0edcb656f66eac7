import { Alert, Text } from "@mantine/core";
import { JsonView } from "@/components/json-view";

interface Props {
  payload: unknown;
  /** What is said already. */
  told: string;
}

type Fields = Record<string, unknown>;

/** A step that has failed, or of which nobody knows whether it happened: the error, how often it was tried, its input. */
export function FailedStep({ payload, told }: Props) {
  const { error, attempts, evidence, settings } = fieldsOf(payload);
  const { message, code, details } = fieldsOf(error);
  return (
    <>
      <Alert color="red" p="sm" title={typeof code === "string" ? code.replaceAll("_", " ") : "failed"}>
        {!told.includes(String(message)) && <Text size="sm">{String(message ?? "")}</Text>}
        {typeof attempts === "number" && (
          <Text size="sm">Tried {attempts === 1 ? "once" : `${attempts} times`}.</Text>
        )}
      </Alert>
      {evidence !== undefined && evidence !== null && <JsonView label="Evidence" value={evidence} />}
      <JsonView label="Input" value={settings} />
      {details !== undefined && Object.keys(fieldsOf(details)).length > 0 && (
        <JsonView label="Details of the error" value={details} />
      )}
    </>
  );
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
