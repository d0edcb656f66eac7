import { Alert, type AlertProps, Text } from "@mantine/core";
import { ApiError, sentenceOf } from "@/api/problem";

interface Props extends Pick<AlertProps, "radius"> {
  error: unknown;
  /** Name the fields that are wrong too, where the form does not do so beside them. */
  withFields?: boolean;
}

/** Why a form was not accepted; nothing while it was not refused. */
export function FormAlert({ error, withFields = false, ...look }: Props) {
  if (!error) return null;
  const fields = withFields && error instanceof ApiError ? (error.problem?.errors ?? []) : [];
  return (
    <Alert color="red" p="sm" role="alert" w="100%" {...look}>
      {sentenceOf(error)}
      {fields.map(({ field, message }) => (
        <Text key={field + message} size="sm">
          {field}: {message}
        </Text>
      ))}
    </Alert>
  );
}
