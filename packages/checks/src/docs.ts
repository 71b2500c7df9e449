import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkExamples } from "./fences/check.js";
import { headingsOf, lengthOf, linksOf } from "./markdown.js";
import { count, type Finding, type Rule } from "./rule.js";
import { filesUnder, members, read } from "./workspace.js";

const HEADINGS = ["What", "Smallest example", "Promises", "Costs", "Not for"];
const LONGEST_README = 120;
const LONGEST_ROOT_README = 79;

/** Pages are true and short: examples run, links lead somewhere, and every README has the same five headings. */
export const docs: Rule = {
  name: "docs",
  async run(root) {
    const pages = filesUnder(root, /\.md$/);
    const { ran, findings } = await checkExamples(root, pages);
    return {
      seen: `${count(ran, "example")} on ${count(pages.length, "page")}`,
      findings: [
        ...findings,
        ...pages.flatMap((page) => deadLinks(root, page)),
        ...members(root)
          .filter(({ folder }) => folder.startsWith("packages/"))
          .flatMap(({ folder }) => readme(root, `${folder}/README.md`)),
        ...tooLong(root, "README.md", LONGEST_ROOT_README),
      ],
    };
  },
};

function readme(root: string, page: string): Finding[] {
  if (!existsSync(join(root, page))) return [];
  const headings = headingsOf(read(join(root, page)), 2);
  const wrong = headings.join() !== HEADINGS.join();
  const remedy = `have exactly these, in this order: ${HEADINGS.join(" · ")}`;
  return [
    ...(wrong
      ? [{ where: page, what: `has the headings ${headings.join(" · ") || "of no README"}`, remedy }]
      : []),
    ...tooLong(root, page, LONGEST_README),
  ];
}

function tooLong(root: string, page: string, longest: number): Finding[] {
  const length = existsSync(join(root, page)) ? lengthOf(read(join(root, page))) : 0;
  if (length <= longest) return [];
  return [
    { where: page, what: `has ${length} lines`, remedy: `say it in ${longest}, or in a guide under docs/` },
  ];
}

function deadLinks(root: string, page: string): Finding[] {
  return linksOf(read(join(root, page))).flatMap(({ target, line }) => {
    const [path = ""] = target.split("#");
    if (path === "" || /^[a-z][a-z+.-]*:/i.test(path)) return [];
    const from = path.startsWith("/") ? root : dirname(join(root, page));
    if (existsSync(join(from, decodeURIComponent(path)))) return [];
    return [
      {
        where: `${page}:${line}`,
        what: `links to ${target}, which does not exist`,
        remedy: "correct the link",
      },
    ];
  });
}
