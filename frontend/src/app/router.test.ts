import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROUTE = /getParentRoute: \(\) => (\w+),\s+path: "([^"]+)"/g;
/** They lead elsewhere by themselves. */
const SIGNPOSTS = ["/", "/settings", "/settings/"];

interface Listed {
  path: string;
}

const shape = (path: string) => path.replace(/[?#].*/, "").replaceAll(/[:$]\w+/g, "*");

test("every page is among those that are looked at by day and by night, and photographed", () => {
  const listed: Listed[] = JSON.parse(readFileSync("tests/browser/pages.json", "utf8"));
  const seen = new Set(listed.map(({ path }) => shape(path)));
  // Read rather than imported, which would take the whole app along.
  const files = readdirSync("src/app/routes").map((name) => readFileSync(`src/app/routes/${name}`, "utf8"));
  const routes = files.flatMap((text) => [...text.matchAll(ROUTE)]);
  const pages = routes
    .map(([, parent, path = ""]) => (parent === "settings" ? `/settings${path}` : path))
    .filter((path) => !SIGNPOSTS.includes(path));
  expect(pages.length).toBeGreaterThan(40);
  expect(pages.map(shape).filter((path) => !seen.has(path))).toEqual([]);
});
