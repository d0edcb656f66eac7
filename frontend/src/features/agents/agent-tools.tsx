import { Button, Menu, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle, IconCopy, IconDots, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { toolTypesQuery } from "@/api/queries/tools";
import { KindIcon } from "@/components/graph/kind-icon";
import classes from "./agent-page.module.css";
import type { ConfigFaults } from "./config-faults";
import { ToolDialog } from "./tool-dialog";
import { ToolPicker } from "./tool-picker";
import { effectWords, policyWords, type ToolType, type ToolUse, toolTitle, toolTypeOf } from "./tool-types";

interface Props {
  tools: readonly ToolUse[];
  faults: ConfigFaults;
  onChange: (tools: ToolUse[]) => void;
}

/** What an agent may use, and when a person is asked first. */
export function AgentTools({ tools, faults, onChange }: Props) {
  const { data } = useQuery(toolTypesQuery);
  const types = useMemo(() => (data?.items ?? []).map(toolTypeOf), [data]);
  const [choosing, choose] = useDisclosure(false);
  const [edited, edit] = useState<number | null>(null);
  const typeOf = (use: ToolUse) => types.find(({ type }) => type === use.type);
  const add = (type: ToolType) => {
    choose.close();
    onChange([...tools, { type: type.type }]);
    if (type.required.length > 0) edit(tools.length);
  };
  const shown = edited === null ? undefined : tools[edited];
  return (
    <section className={classes.part} aria-label="Tools">
      <div className={classes.head}>
        <Title order={2}>Tools</Title>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} />}
          onClick={choose.open}
        >
          Add a tool
        </Button>
      </div>
      {tools.length === 0 ? (
        <p className={classes.detail}>Without tools it can only think and talk.</p>
      ) : (
        <ul className={classes.tools} aria-label="Tools">
          {tools.map((use, index) => (
            <ToolRow
              // biome-ignore lint/suspicious/noArrayIndexKey: two tools may be equal; a tool is what stands at its place
              key={index}
              use={use}
              type={typeOf(use)}
              fault={faults.at(`tools[${index}]`)}
              onEdit={() => edit(index)}
              onCopy={() => onChange([...tools, structuredClone(use)])}
              onRemove={() => onChange(tools.filter((_, place) => place !== index))}
            />
          ))}
        </ul>
      )}
      <ToolPicker opened={choosing} types={types} onChoose={add} onClose={choose.close} />
      {shown && edited !== null && (
        <ToolDialog
          key={edited}
          use={shown}
          type={typeOf(shown)}
          others={tools.filter((_, place) => place !== edited)}
          types={types}
          place={`tools[${edited}]`}
          faults={faults}
          onClose={() => edit(null)}
          onChange={(next) => onChange(tools.map((one, place) => (place === edited ? next : one)))}
        />
      )}
    </section>
  );
}

interface RowProps {
  use: ToolUse;
  type: ToolType | undefined;
  fault: string | undefined;
  onEdit: () => void;
  onCopy: () => void;
  onRemove: () => void;
}

function ToolRow({ use, type, fault, onEdit, onCopy, onRemove }: RowProps) {
  const title = type?.title ?? toolTitle(use.type);
  const name = use.name ?? title;
  const told = [
    use.name && title,
    countOf(use),
    policyWords(use) ?? type?.description,
    effectWords(type?.effect ?? ""),
  ];
  return (
    <li className={classes.tool}>
      <KindIcon name={type?.icon} size={17} />
      <div className={classes.what}>
        <div className={classes.name}>{name}</div>
        <div className={classes.detail}>{told.filter(Boolean).join(" · ")}</div>
        {fault && (
          <div className={classes.fault}>
            <IconAlertTriangle size={14} aria-hidden /> {fault}
          </div>
        )}
      </div>
      <Button size="compact-sm" variant="subtle" aria-label={`Edit ${name}`} onClick={onEdit}>
        Edit
      </Button>
      <Menu>
        <Menu.Target>
          <Button variant="subtle" color="gray" size="compact-sm" px={6} aria-label={`Actions of ${name}`}>
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCopy size={15} />} onClick={onCopy}>
            Duplicate
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={onRemove}>
            Take it away
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}

/** How many tools a source of several brings. */
function countOf({ settings }: ToolUse): string | false {
  const listed = settings?.operations ?? settings?.tools;
  const many = Array.isArray(listed) && listed.every((one) => typeof one === "object");
  return many && `${listed.length} ${listed.length === 1 ? "tool" : "tools"}`;
}
