import { ActionIcon, Button, Group, Stack, Text } from "@mantine/core";
import type {
  ArrayFieldItemTemplateProps,
  ArrayFieldTemplateProps,
  ObjectFieldTemplateProps,
} from "@rjsf/utils";
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { type CSSProperties, useState } from "react";
import classes from "./list-templates.module.css";

/** A list: its name, its entries, and a way to add one. */
export function ListTemplate({
  title,
  schema,
  items,
  canAdd,
  disabled,
  onAddClick,
  required,
  fieldPathId,
}: ArrayFieldTemplateProps) {
  const label = title || "List";
  return (
    <section id={fieldPathId.$id} aria-label={label}>
      <Text size="sm" fw={560}>
        {label}
        {required && <span className={classes.required}> *</span>}
      </Text>
      {schema.description && (
        <Text size="xs" c="dimmed">
          {schema.description}
        </Text>
      )}
      <Stack gap={8} mt={6}>
        {items}
        {canAdd && (
          <Button
            size="compact-sm"
            variant="light"
            className={classes.add}
            leftSection={<IconPlus size={14} />}
            disabled={disabled ?? false}
            onClick={onAddClick}
          >
            Add
          </Button>
        )}
      </Stack>
    </section>
  );
}

/** An entry of a list, with what moves or removes it. */
export function ListItemTemplate({ children, index, buttonsProps, hasToolbar }: ArrayFieldItemTemplateProps) {
  const { hasMoveUp, hasMoveDown, hasRemove, onMoveUpItem, onMoveDownItem, onRemoveItem, disabled } =
    buttonsProps;
  const place = `entry ${index + 1}`;
  const tools = [hasMoveUp, hasMoveDown, hasRemove].filter(Boolean).length;
  return (
    <div className={classes.item} style={{ "--aside-right": `${tools * 24 + 4}px` } as CSSProperties}>
      <div className={classes.content}>{children}</div>
      {hasToolbar && (
        <Group gap={0} wrap="nowrap" className={classes.tools}>
          {hasMoveUp && (
            <ActionIcon
              size="sm"
              aria-label={`Move ${place} up`}
              disabled={disabled ?? false}
              onClick={onMoveUpItem}
            >
              <IconArrowUp size={14} />
            </ActionIcon>
          )}
          {hasMoveDown && (
            <ActionIcon
              size="sm"
              aria-label={`Move ${place} down`}
              disabled={disabled ?? false}
              onClick={onMoveDownItem}
            >
              <IconArrowDown size={14} />
            </ActionIcon>
          )}
          {hasRemove && (
            <ActionIcon
              size="sm"
              aria-label={`Remove ${place}`}
              disabled={disabled ?? false}
              onClick={onRemoveItem}
            >
              <IconTrash size={14} />
            </ActionIcon>
          )}
        </Group>
      )}
    </div>
  );
}

/** So many fields of a group are shown at once; of more, those that are not used wait behind a button. */
const FEW = 8;

/** Fields that belong together. Entries of a list need no heading, they are told apart by their frame. */
export function GroupTemplate(props: ObjectFieldTemplateProps) {
  const { title, description, fieldPathId } = props;
  const isEntry = typeof fieldPathId.path.at(-1) === "number";
  const isRoot = fieldPathId.path.length === 0;
  const heading = isEntry || isRoot ? null : title;
  return (
    <div id={fieldPathId.$id} className={heading ? classes.group : undefined}>
      {heading && (
        <Text size="sm" fw={560}>
          {heading}
        </Text>
      )}
      {heading && description && (
        <Text size="xs" c="dimmed" mb={6}>
          {description}
        </Text>
      )}
      {isRoot ? <Fields {...props} isEntry={false} /> : <FewFields {...props} isEntry={isEntry} />}
    </div>
  );
}

interface FieldsProps extends Pick<ObjectFieldTemplateProps, "properties"> {
  isEntry: boolean;
}

function Fields({ properties, isEntry }: FieldsProps) {
  return (
    <Stack gap={isEntry ? 10 : 16}>
      {properties
        .filter(({ hidden }) => !hidden)
        .map(({ content, name }, index) => (
          <div key={name} className={isEntry && index > 0 ? classes.further : undefined}>
            {content}
          </div>
        ))}
    </Stack>
  );
}

function FewFields({
  properties,
  isEntry,
  formData,
  errorSchema,
  schema,
}: ObjectFieldTemplateProps & { isEntry: boolean }) {
  const [first] = useState(() => {
    const required = new Set(schema.required ?? []);
    const used = (name: string) => required.has(name) || hasValue((formData as Values | undefined)?.[name]);
    return new Set(properties.filter(({ name }, at) => at < FEW - 2 || used(name)).map(({ name }) => name));
  });
  const [open, setOpen] = useState(false);
  if (properties.length <= FEW) return <Fields properties={properties} isEntry={isEntry} />;
  const rest = properties.filter(({ name }) => !first.has(name));
  const faulty = rest.some(({ name }) => hasValue((errorSchema as Values | undefined)?.[name]));
  return (
    <>
      <Fields properties={properties.filter(({ name }) => first.has(name))} isEntry={isEntry} />
      {rest.length > 0 && (
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          my={6}
          aria-expanded={open || faulty}
          onClick={() => setOpen(!open)}
        >
          {open ? "Fewer settings" : `${rest.length} more settings`}
        </Button>
      )}
      {(open || faulty) && <Fields properties={rest} isEntry={isEntry} />}
    </>
  );
}

type Values = Record<string, unknown>;

function hasValue(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
