import { Alert, Badge, Button, Checkbox, Group } from "@mantine/core";
import { useState } from "react";
import type { McpToolFound, McpToolList } from "@/api/generated/perdure.schemas";
import { JsonView } from "@/components/json-view";
import classes from "./agent-page.module.css";
import { changeOf, namesIn } from "./found-tools";
import { LeftOut } from "./left-out";

interface Props {
  found: McpToolList;
  /** What the agent was given before. */
  pinned: unknown;
  taking: boolean;
  onTake: (tools: McpToolFound[]) => void;
}

const CHANGES = { new: null, changed: "changed since it was given", same: "as it was given" };

/** The tools of a server as they are now, to choose from. */
export function McpFound({ found, pinned, taking, onTake }: Props) {
  const before = namesIn(pinned);
  const [chosen, choose] = useState(
    () => new Set(before.length > 0 ? before : found.items.map(({ name }) => name)),
  );
  const taken = found.items.filter(({ name }) => chosen.has(name));
  const gone = before.filter((name) => !found.items.some((item) => item.name === name));
  return (
    <>
      {gone.length > 0 && (
        <Alert color="yellow" p="sm">
          The server has no {gone.join(", ")} any more.
        </Alert>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={classes.found} aria-label="Tools of the server" tabIndex={0}>
        {found.items.map((item) => (
          <Tool
            key={item.name}
            item={item}
            change={changeOf(item, pinned)}
            chosen={chosen.has(item.name)}
            onChoose={(now) => {
              const next = new Set(chosen);
              if (now) next.add(item.name);
              else next.delete(item.name);
              choose(next);
            }}
          />
        ))}
      </section>
      <LeftOut items={found.left_out} />
      <Group>
        <Button loading={taking} disabled={taken.length === 0} onClick={() => onTake(taken)}>
          Give these {taken.length} and pin them
        </Button>
      </Group>
    </>
  );
}

interface ToolProps {
  item: McpToolFound;
  change: keyof typeof CHANGES;
  chosen: boolean;
  onChoose: (chosen: boolean) => void;
}

function Tool({ item, change, chosen, onChoose }: ToolProps) {
  const hints = Object.entries(item.hints).filter(([, holds]) => holds);
  return (
    <div>
      <Checkbox
        label={
          <>
            <b>{item.name}</b>{" "}
            {CHANGES[change] && (
              <Badge size="sm" tt="none" color={change === "changed" ? "yellow" : "gray"}>
                {CHANGES[change]}
              </Badge>
            )}{" "}
            {hints.map(([hint]) => (
              <Badge key={hint} size="sm" tt="none" color="gray">
                {hint.replace(/Hint$/, "")}
              </Badge>
            ))}
          </>
        }
        description={item.description}
        checked={chosen}
        onChange={(event) => onChoose(event.currentTarget.checked)}
      />
      {change === "changed" && <JsonView label={`${item.name} now`} value={item.input_schema} />}
    </div>
  );
}
