import { Table, Text } from "@mantine/core";
import { JsonView } from "@/components/json-view";
import { LineDiff } from "@/components/line-diff";
import { mailDocument } from "@/lib/mail-html";
import classes from "./payload-views.module.css";

type Fields = Record<string, unknown>;

interface Props {
  /** Views as the request defines them; without any the data is shown as it is. */
  show: readonly unknown[];
  payload: unknown;
}

/** What a decision is about, in the views that suit it. */
export function PayloadViews({ show, payload }: Props) {
  if (show.length === 0) return payload === null ? null : <JsonView label="Data" value={payload} />;
  return show.map((view, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: views have no other name than their place
    <View key={index} view={fieldsOf(view)} />
  ));
}

function View({ view }: { view: Fields }) {
  const title = typeof view.title === "string" ? view.title : null;
  const kind = String(view.view);
  if (kind === "json" || !(kind in KINDS)) return <JsonView label={title ?? "Data"} value={view.value} />;
  const Shown = KINDS[kind as keyof typeof KINDS];
  return (
    <section className={classes.view} aria-label={title ?? kind}>
      {title !== null && (
        <Text size="sm" fw={580} className={classes.title}>
          {title}
        </Text>
      )}
      <Shown view={view} />
    </section>
  );
}

const KINDS = { fields: FieldsView, table: TableView, diff: DiffView, email: EmailView };

function FieldsView({ view }: { view: Fields }) {
  return <FieldList fields={Object.entries(fieldsOf(view.value))} />;
}

function FieldList({ fields }: { fields: [string, unknown][] }) {
  return (
    <dl className={classes.fields}>
      {fields.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{textOf(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function TableView({ view }: { view: Fields }) {
  const rows = Array.isArray(view.value) ? view.value.map(fieldsOf) : [];
  const columns = Array.isArray(view.columns)
    ? view.columns.map(String)
    : [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={classes.table} tabIndex={0} aria-label="Table">
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name than their place
            <Table.Tr key={index}>
              {columns.map((column) => (
                <Table.Td key={column}>{textOf(row[column])}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function DiffView({ view }: { view: Fields }) {
  return <LineDiff label="Changes" before={view.before} after={view.after} />;
}

/** A mail as its reader will see it. Its HTML runs nothing and loads nothing. */
function EmailView({ view }: { view: Fields }) {
  const mail = fieldsOf(view.value);
  const heads = ["from", "to", "cc", "subject"].filter(
    (name) => mail[name] !== undefined && mail[name] !== null,
  );
  return (
    <div className={classes.mail}>
      <FieldList fields={heads.map((name) => [name[0]?.toUpperCase() + name.slice(1), mail[name]])} />
      {typeof mail.html === "string" ? (
        <iframe title="Preview of the mail" sandbox="" srcDoc={mailDocument(mail.html)} />
      ) : (
        <pre>{textOf(mail.text)}</pre>
      )}
    </div>
  );
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}
