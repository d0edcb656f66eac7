import { expect, test } from "vitest";
import { eventLabel, messageState } from "./notification-words";

test("events are named as people speak", () => {
  expect(eventLabel("opened")).toBe("Somebody asks me");
  expect(eventLabel("digest")).toBe("Digest");
  expect(eventLabel("something new")).toBe("something new");
});

test("a message that waits says whether it is held", () => {
  expect(messageState({ status: "pending", held: true }).label).toBe("Held");
  expect(messageState({ status: "sending", held: false }).label).toBe("On its way");
  expect(messageState({ status: "failed", held: false }).color).toBe("red");
});
