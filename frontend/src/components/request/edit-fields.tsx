import { Checkbox, Text, Textarea } from "@mantine/core";
import classes from "./edit-fields.module.css";
import { editablePaths, editsBetween, parsedLike, typedOf, valueAt, withValue } from "./payload-edits";

interface Props {
  editable: readonly string[];
  original: unknown;
  payload: unknown;
  onChange: (payload: unknown) => void;
}

/** The fields of the data that a person may change, and what their changes amount to. */
export function EditFields({ editable, original, payload, onChange }: Props) {
  const edits = editsBetween(original, payload);
  return (
    <fieldset className={classes.fields}>
      <legend>Edit the data</legend>
      {editablePaths(editable, original).map((path) => (
        <Field
          key={path}
          path={path}
          known={valueAt(original, path)}
          value={valueAt(payload, path)}
          onChange={(value) => onChange(withValue(payload, path, value))}
        />
      ))}
      {edits.length > 0 && (
        <section aria-label="Your edits" className={classes.edits}>
          {edits.map(({ path, before, after }) => (
            <Text key={path} size="sm">
              <b>{path}</b> <del>{typedOf(before)}</del> <ins>{typedOf(after)}</ins>
            </Text>
          ))}
        </section>
      )}
    </fieldset>
  );
}

interface FieldProps {
  path: string;
  known: unknown;
  value: unknown;
  onChange: (value: unknown) => void;
}

function Field({ path, known, value, onChange }: FieldProps) {
  if (typeof known === "boolean") {
    return (
      <Checkbox
        label={path}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  return (
    <Textarea
      label={path}
      autosize
      minRows={1}
      maxRows={10}
      value={typedOf(value)}
      onChange={(event) => onChange(parsedLike(known, event.currentTarget.value))}
    />
  );
}
