import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { count, type Finding, type Rule } from "./rule.js";
import { entriesOf, members, read } from "./workspace.js";

/** What the ledger says of one law. */
export interface Entry {
  readonly id: string;
  readonly subject: string;
  readonly kind: string;
  readonly says: string;
  readonly checked: unknown;
  readonly walks?: number;
  readonly sinners: readonly string[];
  readonly reason?: string | undefined;
}

const PAGE = "docs/laws.md";

/** The ledger is complete and honest, and docs/laws.md is what it says. */
export const ledger: Rule = {
  name: "ledger",
  async run(root, { write }) {
    const laws = await load(root);
    const path = join(root, PAGE);
    const page = pageOf(laws);
    if (write) {
      mkdirSync(join(root, "docs"), { recursive: true });
      writeFileSync(path, page);
    }
    const findings = judge(laws);
    if (!existsSync(path) || read(path) !== page) {
      findings.push({ where: PAGE, what: "differs from the ledger", remedy: "run pnpm rules --write" });
    }
    return { seen: count(laws.length, "law"), findings };
  },
};

async function load(root: string): Promise<readonly Entry[]> {
  const laws = members(root).find(({ name }) => name === "laws");
  const main = laws && entriesOf(laws).find(({ name }) => name === "");
  if (!laws || !main) throw new Error("there is no package laws with a main entry");
  const { LEDGER } = (await import(pathToFileURL(join(laws.home, main.source)).href)) as {
    LEDGER?: readonly Entry[];
  };
  if (!LEDGER?.length) throw new Error(`${laws.folder} exports no LEDGER, or an empty one`);
  return LEDGER;
}

export function judge(laws: readonly Entry[]): Finding[] {
  const found = laws.flatMap((law) =>
    complaints(law).map(([what, remedy]) => ({ where: `law ${law.id}`, what, remedy })),
  );
  return [...found, ...misnumbered(laws)];
}

function complaints({ id, says, kind, checked, sinners, reason }: Entry): [string, string][] {
  const all: [boolean, string, string][] = [
    [!/^[A-Z][1-9]\d*$/.test(id), "has an odd id", "write a letter and a number, such as M1"],
    [!isOneSentence(says), `is not one sentence: ${says}`, "say it in one, and end it with a full stop"],
    [
      !!checked && sinners.length === 0,
      "convicts nobody",
      "give it a sinner: a law that cannot fail is no law",
    ],
    [!!checked && kind === "unverified", "is checked, but called unverified", "give it the kind it has"],
    [
      !checked && kind !== "unverified",
      `has no check, but is called ${kind}`,
      "check it or call it unverified",
    ],
    [!checked && !reason?.trim(), "has no check and no reason", "say why nobody can check it"],
  ];
  return all.flatMap(([wrong, what, remedy]) => (wrong ? [[what, remedy]] : []));
}

const isOneSentence = (says: string) =>
  /\S\.$/.test(says) && !/[.!?]\s+\S/.test(says) && !says.includes("\n");

function misnumbered(laws: readonly Entry[]): Finding[] {
  const numbers = new Map<string, number[]>();
  for (const { id } of laws) {
    const letter = id.slice(0, 1);
    numbers.set(letter, [...(numbers.get(letter) ?? []), Number(id.slice(1))]);
  }
  return [...numbers].flatMap(([letter, used]) => {
    const sorted = [...used].sort((a, b) => a - b);
    const wrong = sorted.find((n, i) => n !== i + 1);
    if (wrong === undefined) return [];
    const what = sorted.filter((n) => n === wrong).length > 1 ? "is given twice" : "leaves a gap before it";
    return [{ where: `law ${letter}${wrong}`, what, remedy: "give each law the next number, for good" }];
  });
}

/** docs/laws.md, in full. */
export function pageOf(laws: readonly Entry[]): string {
  const subjects = [...new Set(laws.map(({ subject }) => subject))];
  const open = laws.filter(({ checked }) => !checked).length;
  return [
    "# The ledger of laws",
    "",
    "<!-- Generated from @sluice/laws by `pnpm rules --write`. -->",
    "",
    `What Sluice promises, in ${count(laws.length, "numbered sentence")}. A law has a check, and at least one`,
    "*sinner*: a small wrong implementation that the check must convict. Laws that nobody can check are",
    `\`unverified\`, with the reason: ${open === 0 ? "there is none" : `${open} of them`}.`,
    ...subjects.flatMap((subject) => [
      "",
      `## ${capital(subject)}`,
      "",
      "| law | | kind | sinners it convicts |",
      "|-|-|-|-|",
      ...laws.filter((law) => law.subject === subject).map(row),
    ]),
    "",
  ].join("\n");
}

function row({ id, says, kind, checked, walks, sinners, reason }: Entry): string {
  const last = checked ? sinners.join("; ") : (reason ?? "");
  const how = walks ? `${kind}, ${walks.toLocaleString("en")} schedules and random ones` : kind;
  return `| ${[id, says, how, last].map(cell).join(" | ")} |`;
}

const cell = (text: string) => text.replace(/\s+/g, " ").replace(/\|/g, "\\|").trim();

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
