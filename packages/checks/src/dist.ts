import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./rule.js";
import { entriesOf, filesUnder, type Member } from "./workspace.js";

/** What is missing of a member's build, or older than its source: both would be judged wrongly. */
export function unbuilt(member: Member, needed: "script" | "declarations"): Finding[] {
  const sources = filesUnder(join(member.home, "src"), /\.ts$/).map((file) => join(member.home, "src", file));
  const newest = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  return entriesOf(member).flatMap((entry) => {
    const built = join(member.home, entry[needed]);
    const what = !existsSync(built)
      ? "is missing"
      : statSync(built).mtimeMs < newest
        ? "is older than src"
        : undefined;
    if (!what) return [];
    return [{ where: join(member.folder, entry[needed]), what, remedy: "run pnpm build first" }];
  });
}
