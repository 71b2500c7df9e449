import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { lengthOf } from "./markdown.js";
import { count, type Finding, type Rule } from "./rule.js";
import { testSins } from "./test-sins.js";
import { entriesOf, filesUnder, foldersUnder, type Member, members, read } from "./workspace.js";

const PARTS = ["README.md", "package.json", "src", "test"];
const LONGEST_SOURCE = 220;
const FOLDERS_BY_KIND = new Set(["utils", "helpers", "types", "common", "misc", "lib"]);

/** Every package has one shape, and no file is longer, or about another place, than it should be. */
export const shape: Rule = {
  name: "shape",
  async run(root) {
    const all = members(root);
    const packages = all.filter(({ folder }) => folder.startsWith("packages/"));
    const files = filesOfRepo(root);
    return {
      seen: count(files.length, "file"),
      findings: [
        ...packages.flatMap(incomplete),
        ...packages.flatMap(longSources),
        ...packages.flatMap(openIndexes),
        ...all.flatMap(foldersByKind),
        ...all.flatMap(testsOf),
        ...files.flatMap((file) => machinePaths(root, file)),
      ],
    };
  },
};

function incomplete({ home, folder }: Member): Finding[] {
  return PARTS.filter((part) => !existsSync(join(home, part))).map((part) => ({
    where: folder,
    what: `has no ${part}`,
    remedy: `every package has ${PARTS.join(", ")}`,
  }));
}

const sourcesOf = ({ home }: Member) =>
  filesUnder(join(home, "src"), /\.[mc]?tsx?$/).map((file) => `src/${file}`);

function longSources(member: Member): Finding[] {
  return sourcesOf(member).flatMap((file) => {
    const length = lengthOf(read(join(member.home, file)));
    if (length <= LONGEST_SOURCE) return [];
    const what = `has ${length} lines`;
    return [
      {
        where: `${member.folder}/${file}`,
        what,
        remedy: `one concept a file, ${LONGEST_SOURCE} lines at most`,
      },
    ];
  });
}

function openIndexes(member: Member): Finding[] {
  const entries = new Set(entriesOf(member).map(({ source }) => posix.normalize(source)));
  const indexes = sourcesOf(member).filter((file) => entries.has(file) || /(^|\/)index\.ts$/.test(file));
  return indexes.flatMap((file) => {
    const source = ts.createSourceFile(file, read(join(member.home, file)), ts.ScriptTarget.Latest);
    const open = source.statements.find((node) => ts.isExportDeclaration(node) && !named(node));
    if (!open) return [];
    const line = source.getLineAndCharacterOfPosition(open.getStart(source)).line + 1;
    const where = `${member.folder}/${file}:${line}`;
    return [
      { where, what: "has an export *", remedy: "name what is exported: an index is a table of contents" },
    ];
  });
}

const named = ({ exportClause }: ts.ExportDeclaration) => exportClause && ts.isNamedExports(exportClause);

function foldersByKind({ home, folder }: Member): Finding[] {
  return foldersUnder(home)
    .filter((path) => FOLDERS_BY_KIND.has(posix.basename(path)))
    .map((path) => ({
      where: `${folder}/${path}`,
      what: "is a folder by kind",
      remedy: "name folders after the concept that they hold",
    }));
}

function testsOf({ home, folder }: Member): Finding[] {
  return filesUnder(join(home, "test"), /\.[mc]?[jt]sx?$/).flatMap((file) =>
    testSins(file, read(join(home, "test", file))).map(({ line, what, remedy }) => ({
      where: `${folder}/test/${file}:${line}`,
      what,
      remedy,
    })),
  );
}

// What is committed, and what is about to be.
function filesOfRepo(root: string): string[] {
  const command = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const output = execFileSync("git", command, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 });
  return output.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
}

const MACHINE_PATH = /(?<![\w.)}~-])\/(?:(?:work|root)\/|(?:home|Users|tmp)\/\w)[\w./-]*/;

function machinePaths(root: string, file: string): Finding[] {
  const text = read(join(root, file));
  if (text.includes("\0")) return [];
  return text.split("\n").flatMap((line, i) => {
    const path = MACHINE_PATH.exec(line)?.[0];
    if (!path) return [];
    const what = `names ${path}, a path of one machine`;
    return [{ where: `${file}:${i + 1}`, what, remedy: "derive it, or take it as an argument" }];
  });
}
