import { expect, test } from "vitest";
import { editablePaths, editsBetween, parsedLike, typedOf, valueAt, withValue } from "./payload-edits";

const MAIL = { to: "ada@example.com", mail: { subject: "Hi", text: "Hello" }, amount: 5 };

test("a value is found and changed by its path, and nothing else changes", () => {
  expect(valueAt(MAIL, "mail.subject")).toBe("Hi");
  expect(valueAt(MAIL, "mail.no.such")).toBeUndefined();
  const changed = withValue(MAIL, "mail.subject", "Hey");
  expect(changed).toEqual({ ...MAIL, mail: { subject: "Hey", text: "Hello" } });
  expect(MAIL.mail.subject).toBe("Hi");
});

test("what may be edited is named field by field", () => {
  expect(editablePaths(["amount", "mail"], MAIL)).toEqual(["amount", "mail.subject", "mail.text"]);
  expect(editablePaths(["*"], MAIL)).toEqual(["to", "mail", "amount"]);
  expect(editablePaths(["gone"], MAIL)).toEqual(["gone"]);
});

test("edits are what differs", () => {
  expect(editsBetween(MAIL, withValue(MAIL, "amount", 7))).toEqual([{ path: "amount", before: 5, after: 7 }]);
  expect(editsBetween(MAIL, { ...MAIL })).toEqual([]);
});

test("what is typed keeps the kind of what was there", () => {
  expect(parsedLike(5, "7")).toBe(7);
  expect(parsedLike("5", "7")).toBe("7");
  expect(parsedLike(5, "seven")).toBe("seven");
  expect(parsedLike({ a: 1 }, '{"a":2}')).toEqual({ a: 2 });
  expect(typedOf({ a: 1 })).toContain('"a": 1');
  expect(typedOf(null)).toBe("");
});
