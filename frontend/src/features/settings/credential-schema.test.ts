import { expect, test } from "vitest";
import type { CredentialType } from "@/api/generated/perdure.schemas";
import { formSchema, partFields } from "./credential-schema";

const BASIC: CredentialType = {
  name: "basic",
  title: "User name and password",
  description: "",
  available: true,
  sendable: true,
  main: "password",
  public_schema: { properties: { username: { type: "string" } }, required: ["username"] },
  secret_schema: { properties: { password: { type: "string" } }, required: ["password"] },
};

test("a form has all fields, the open ones first", () => {
  expect(formSchema(BASIC)).toEqual({
    type: "object",
    properties: { username: { type: "string" }, password: { type: "string" } },
    required: ["username", "password"],
    additionalProperties: false,
  });
});

test("what nobody has declared open is secret", () => {
  expect(partFields(BASIC, { username: "ada", password: "x", other: "y", empty: undefined })).toEqual({
    public: { username: "ada" },
    secret: { password: "x", other: "y" },
  });
  expect(partFields(BASIC, undefined)).toEqual({ public: {}, secret: {} });
});
