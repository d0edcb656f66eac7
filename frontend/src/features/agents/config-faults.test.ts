import { expect, test } from "vitest";
import type { FaultProblem } from "@/api/generated/perdure.schemas";
import { faultsOf } from "./config-faults";

const fault = (field: string | null, message: string) => ({ field, message }) as FaultProblem;

test("faults are found at their settings, those of tools inside of the tool", () => {
  const faults = faultsOf([
    fault("with.model", "`with.model`: no model."),
    fault("with.tools[1].settings.url", "No address."),
    fault("with.tools[1].policy.when", "No condition."),
    fault("with.tools[12].name", "No name."),
    fault(null, "Of the whole."),
  ]);
  expect(faults.at("model")).toBe("No model.");
  expect(faults.at("mod")).toBeUndefined();
  expect(faults.has("tools[1]")).toBe(true);
  expect(faults.has("tools[2]")).toBe(false);
  expect(faults.within("tools[1].settings")).toEqual({ url: { __errors: ["No address."] } });
  expect(faults.at("tools[1].policy")).toBe("No condition.");
  expect(faults.rest.map(({ message }) => message)).toEqual(["Of the whole."]);
});
