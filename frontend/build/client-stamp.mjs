// A stamp beside the generated client says which document of the API, which settings and which generator it is of, and
// what was generated. `npm run api` writes it; `npm run check` fails if any of them is another one by now.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const CLIENT = new URL("../src/api/generated/", import.meta.url);
const STAMP = new URL("stamp.txt", CLIENT);
const SOURCES = ["../../docs/openapi.json", "../orval.config.ts", "../node_modules/orval/package.json"];

const sources = SOURCES.map((path) => new URL(path, import.meta.url));
const generated = readdirSync(CLIENT)
  .filter((name) => name.endsWith(".ts"))
  .sort()
  .map((name) => new URL(name, CLIENT));
const hash = createHash("sha256");
for (const file of [...sources, ...generated])
  hash.update(file.pathname.split("/").at(-1)).update(readFileSync(file));
const stamp = `${hash.digest("hex")}\n`;

if (!process.argv.includes("--check")) writeFileSync(STAMP, stamp);
else if (!existsSync(STAMP) || readFileSync(STAMP, "utf8") !== stamp) {
  process.stderr.write("src/api/generated is not the client of docs/openapi.json: run `make client`.\n");
  process.exitCode = 1;
}
