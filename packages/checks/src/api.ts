import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportOf } from "./api-report.js";
import { unbuilt } from "./dist.js";
import { count, type Finding, type Rule } from "./rule.js";
import { entriesOf, isLibrary, type Member, members, read } from "./workspace.js";

/** The public surface of each entry is a file of the repo, so that a change of it shows in the diff. */
export const api: Rule = {
  name: "api",
  async run(root, { write }) {
    const libraries = members(root).filter(isLibrary);
    const entries = libraries.flatMap((member) => entriesOf(member));
    const findings = libraries.flatMap((member) => judge(member, write));
    return { seen: count(entries.length, "entry").replace(/ys$/, "ies"), findings };
  },
};

function judge(member: Member, write: boolean): Finding[] {
  const missing = unbuilt(member, "declarations");
  if (missing.length > 0) return missing;
  const folder = join(member.home, "api");
  const wanted = new Map(
    entriesOf(member).map((entry) => {
      const file = [member.name, entry.name.replaceAll("/", "-"), "api", "md"].filter(Boolean).join(".");
      return [file, pageOf(member, entry.name, reportOf(join(member.home, entry.declarations)))];
    }),
  );
  const findings: Finding[] = [];
  for (const [file, page] of wanted) {
    const path = join(folder, file);
    const committed = existsSync(path) ? read(path) : undefined;
    if (committed === page) continue;
    if (write) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, page);
      continue;
    }
    const what = committed === undefined ? "is missing" : `differs: ${firstDifference(committed, page)}`;
    findings.push({
      where: `${member.folder}/api/${file}`,
      what,
      remedy: "run pnpm rules --write, and read the diff",
    });
  }
  const stale = (existsSync(folder) ? readdirSync(folder) : []).filter((file) => !wanted.has(file));
  return [
    ...findings,
    ...stale.map((file) => ({
      where: `${member.folder}/api/${file}`,
      what: "stands for no entry",
      remedy: "delete it",
    })),
  ];
}

function pageOf({ manifest }: Member, entry: string, report: string): string {
  const name = [manifest.name, entry].filter(Boolean).join("/");
  return `# ${name}\n\n<!-- Generated from its declarations by \`pnpm rules --write\`. -->\n\n\`\`\`ts\n${report}\`\`\`\n`;
}

function firstDifference(committed: string, page: string): string {
  const now = page.split("\n");
  const then = committed.split("\n");
  const at = now.findIndex((line, i) => line !== then[i]);
  return at < 0 ? "it ends early now" : `line ${at + 1} is "${then[at] ?? ""}", and would be "${now[at]}"`;
}
