import { expect, test } from "vitest";
import { agentChanges, combinedAgents } from "./agent-changes";

const BASE = { name: "Counter", description: "", config: { model: "a", instructions: "Count." } };

test("of two who have edited an agent, each keeps what only they have changed", () => {
  const mine = { ...BASE, name: "Teller", config: { instructions: "Count.", tools: [{ type: "http" }] } };
  const theirs = { ...BASE, config: { ...BASE.config, instructions: "Count on." } };
  expect(agentChanges(BASE, mine)).toEqual([
    { field: "Name", before: "Counter", after: "Teller" },
    { field: "model", before: "a", after: undefined },
    { field: "tools", before: undefined, after: [{ type: "http" }] },
  ]);
  expect(combinedAgents(BASE, mine, theirs)).toEqual({
    edited: {
      name: "Teller",
      description: "",
      config: { instructions: "Count on.", tools: [{ type: "http" }] },
    },
    clashes: [],
  });
});

test("what both have changed clashes, unless they agree", () => {
  const mine = { ...BASE, name: "Teller", config: { model: "b", instructions: "Count down." } };
  const theirs = { ...BASE, name: "Teller", config: { model: "c", instructions: "Count." } };
  expect(combinedAgents(BASE, mine, theirs)).toMatchObject({
    edited: { config: { model: "b", instructions: "Count down." } },
    clashes: ["model"],
  });
});
