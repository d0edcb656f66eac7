import { readdirSync, readFileSync } from "node:fs";
import { eventually } from "./stage";

const DATA = process.env.PERDURE_DATA;

/** Kill a process of the product under test as a crash would; resolves when another one has taken its place. */
export async function crash(role: "worker" | "api"): Promise<void> {
  const before = running(role);
  if (before.length !== 1) throw new Error(`${before.length} processes are the ${role} of ${DATA}`);
  for (const pid of before) process.kill(pid, "SIGKILL");
  await eventually(async () => running(role).some((pid) => !before.includes(pid)), 60);
}

/** Processes of a role that belong to the data folder under test, and to no other product on this machine. */
function running(role: string): number[] {
  if (!DATA) throw new Error("PERDURE_DATA is not set; run this through pytest tests/browser");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const words = wordsOf(pid);
      return words.includes("cli.main") && words.includes(role) && words.includes(DATA);
    });
}

function wordsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
