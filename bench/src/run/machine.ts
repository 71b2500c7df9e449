import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform } from "node:os";
import { join } from "node:path";
import type { Table } from "../table.js";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  system: `${platform()} ${arch()}`,
});

/** How many processes wanted to run, over the last minute. */
export const load = (): number => Number((loadavg()[0] ?? 0).toFixed(1));

/** The versions of what is measured, by the name of the subject. */
export const versionsOf = ({ packages }: Table): Record<string, string> =>
  Object.fromEntries(Object.entries(packages).map(([subject, name]) => [subject, versionOf(name)]));

function versionOf(name: string): string {
  const manifest = join(import.meta.dirname, "../../node_modules", name, "package.json");
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
