import { Select } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import type { Run } from "@/api/generated/perdure.schemas";
import { runKeys, stepsOf } from "@/api/queries/runs";
import { JsonInput } from "@/components/json-input";
import { type DocumentNode, isRecord } from "@/lib/graph/document";

/** From which turn an agent goes on, and what was said before it. */
export interface ForkedTurn {
  turn: number;
  /** Of a crew: whose turn that is. */
  member: string | null;
  /** As JSON. */
  messages: string;
  /** The same as it was. */
  before: string;
}

interface Props {
  run: Run;
  node: DocumentNode;
  value: ForkedTurn | null;
  onChange: (value: ForkedTurn | null) => void;
}

/** Lets an agent, or a member of a crew, go on from one of its turns, with an edited conversation if need be. */
export function ForkTurn({ run, node, value, onChange }: Props) {
  const { data: turns = [] } = useQuery(turnsQuery(run.id, node.id));
  if (turns.length === 0) return null;
  const choose = (key: string | null) => {
    const found = turns.find((one) => keyOf(one) === key);
    onChange(found ? { ...found, before: found.messages } : null);
  };
  return (
    <>
      <Select
        label="From its turn"
        description={
          node.kind === "crew"
            ? "What was done before it stays, and what comes after is done anew."
            : "The agent keeps what was said before it, and makes no earlier call again."
        }
        placeholder="Its beginning"
        clearable
        data={turns.map((one) => ({ value: keyOf(one), label: labelOf(one) }))}
        value={value === null ? null : keyOf(value)}
        onChange={choose}
      />
      {value !== null && (
        <JsonInput
          label="What was said before that turn"
          minRows={6}
          value={value.messages}
          onChange={(messages) => onChange({ ...value, messages })}
        />
      )}
    </>
  );
}

/** Whether a node is an agent or a crew whose turns stand in this run; a published agent has a run of its own. */
export function hasTurns(node: DocumentNode | undefined): node is DocumentNode {
  return node?.kind === "crew" || (node?.kind === "agent" && !(isRecord(node.with) && "agent" in node.with));
}

type Place = Pick<ForkedTurn, "turn" | "member">;

const keyOf = ({ turn, member }: Place) => `${member ?? ""}/${turn}`;

const labelOf = ({ turn, member }: Place) =>
  member === null ? `Turn ${turn + 1}` : `${member}: turn ${turn + 1}`;

/** What the fork is told of the turn; a conversation that nobody has changed is kept as it was. */
export function toldTurn(value: ForkedTurn | null) {
  if (value === null) return {};
  const changed = value.messages !== value.before;
  const { turn, member } = value;
  return {
    turn,
    ...(member === null ? {} : { member }),
    ...(changed ? { messages: JSON.parse(value.messages) } : {}),
  };
}

function turnsQuery(run: string, node: string) {
  return queryOptions({
    queryKey: [...runKeys.one(run), "turns", node] as const,
    queryFn: async ({ signal }) => {
      const turns = new Map<string, Place & { messages: string }>();
      for await (const { path, input } of stepsOf(run, signal)) {
        const place = turnOf(path, node);
        if (place !== null && isRecord(input) && Array.isArray(input.messages)) {
          turns.set(keyOf(place), { ...place, messages: JSON.stringify(input.messages, null, 2) });
        }
      }
      const members = [...new Set([...turns.values()].map(({ member }) => member))];
      const order = ({ member }: Place) => members.indexOf(member);
      return [...turns.values()].sort((a, b) => order(a) - order(b) || a.turn - b.turn);
    },
  });
}

/** The turn that a step is: 2 for `writer.turn[2]`, also of a later round, `writer#1.turn[2]`, or of a member of a crew. */
export function turnOf(path: string, node: string): Place | null {
  const parts = path.split(".");
  const found = /^turn\[(\d+)\]$/.exec(parts.at(-1) ?? "");
  if (!found || parts.length < 2 || parts.length > 3 || parts[0]?.split("#")[0] !== node) return null;
  return { turn: Number(found[1]), member: parts.length === 3 ? (parts[1] ?? null) : null };
}
