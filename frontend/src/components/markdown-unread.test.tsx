import { act, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { Markdown } from "./markdown";

vi.mock("./markdown-text", () => {
  throw new TypeError("Failed to fetch dynamically imported module");
});

test("where the code for Markdown cannot be read, the text stands as it was written", async () => {
  render(<Markdown text="**bold**" />);
  await act(() => import("./markdown-text").catch(() => undefined));
  expect(screen.getByText("**bold**").tagName).toBe("P");
});
