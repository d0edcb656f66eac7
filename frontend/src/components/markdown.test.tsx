import { render, screen } from "@testing-library/react";
import { beforeAll, expect, test } from "vitest";
import { Markdown } from "./markdown";

// It is read when there is some, which takes a busy machine longer than anybody waits for a text.
beforeAll(async () => void (await import("./markdown-text")));

test("HTML in a text stays text", async () => {
  const { container } = render(
    <Markdown text={"<img src=x onerror=alert(1)> <script>alert(1)</script>\n\n**bold**"} />,
  );
  expect((await screen.findByText("bold")).tagName).toBe("STRONG");
  expect(container.querySelector("img, script")).toBeNull();
});

test.each(["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>", "vbscript:x"])(
  "no link leads to %s",
  async (href) => {
    render(<Markdown text={`[here](${href})`} />);
    expect((await screen.findByText("here", { selector: "a" })).getAttribute("href") ?? "").toBe("");
  },
);

test("a picture from elsewhere is a link, so that nobody learns who reads", async () => {
  const { container } = render(<Markdown text="![chart](https://evil.example/pixel.png)" />);
  expect((await screen.findByText("chart", { selector: "a" })).getAttribute("rel")).toContain("noreferrer");
  expect(container.querySelector("img")).toBeNull();
});
