import { posix } from "node:path";
import { cyclesOf } from "./cycles.js";
import { undeclared } from "./dependencies.js";
import { HIGHEST_LAYER_WITHOUT_THIRD_PARTY, MAP, type Place } from "./map.js";
import { count, type Finding, type Rule } from "./rule.js";
import {
  isNodeSource,
  isPath,
  isPlatform,
  packageOf,
  scriptsOf,
  targetOf,
  type Use,
  usesOf,
} from "./uses.js";
import { entriesOf, type Member, members, SCOPE } from "./workspace.js";

type Complaint = readonly [what: string, remedy: string];

/** Who may import whom: the arrows of the map, and that packages meet at public entries only. */
export const arrows: Rule = {
  name: "arrows",
  async run(root) {
    const all = members(root);
    const byName = new Map(all.map((member) => [member.name, member]));
    const files = all.flatMap((member) => scriptsOf(member).map((file) => ({ member, file })));
    const uses = files.flatMap(({ member, file }) => usesOf(member, file));
    const findings = [
      ...all.filter(({ name }) => !MAP[name]).map(unmapped),
      ...uses.flatMap((use) => judge(use, byName).map((complaint) => finding(use, complaint))),
      ...all.flatMap((member) => {
        const own = uses.filter(({ from }) => from === member);
        return [...undeclared(root, member, own), ...fileCycles(member, own)];
      }),
      ...packageCycles(uses),
    ];
    return { seen: count(files.length, "file"), findings };
  },
};

function judge(use: Use, byName: ReadonlyMap<string, Member>): Complaint[] {
  const { specifier, zone, from } = use;
  const place = MAP[from.name];
  if (!place) return [];
  if (specifier === undefined) {
    if (zone === "beside" || place.node || place.computed?.includes(use.file)) return [];
    return [["imports a name that is computed", "write it out: nobody can see where this arrow goes"]];
  }
  if (isPath(specifier)) return judgePath(use, specifier);
  if (isPlatform(specifier)) {
    if (zone !== "neutral") return [];
    return [[`imports ${specifier}, which only Node has`, "move it to src/node/, or use a web standard"]];
  }
  if (specifier.startsWith(SCOPE)) return judgeOwn(use, place, specifier, byName);
  if (zone === "beside" || place.layer > HIGHEST_LAYER_WITHOUT_THIRD_PARTY) return [];
  if (place.thirdParty?.includes(packageOf(specifier))) return [];
  return [[`imports ${specifier}, a third party`, `layer ${place.layer} has none but what the map names`]];
}

function judgePath({ file, zone }: Use, specifier: string): Complaint[] {
  const target = targetOf(file, specifier);
  if (specifier.startsWith("/") || target.startsWith("..")) {
    return [[`imports ${specifier}, outside its package`, "import the other package by its public name"]];
  }
  if (zone !== "beside" && !target.startsWith("src/") && target !== "package.json") {
    return [[`imports ${specifier}, which is not shipped`, "source imports source, and package.json"]];
  }
  if (zone === "neutral" && isNodeSource(target)) {
    return [
      [`imports ${specifier}, which needs Node`, "only src/node.ts and files in src/node/ may import it"],
    ];
  }
  return [];
}

function judgeOwn(
  { from, zone, typeOnly }: Use,
  place: Place,
  specifier: string,
  byName: ReadonlyMap<string, Member>,
): Complaint[] {
  const [name = "", ...rest] = specifier.slice(SCOPE.length).split("/");
  const target = byName.get(name);
  const entry = [".", ...rest].join("/");
  if (!target?.manifest.exports?.[entry]) {
    return [[`imports ${specifier}, which is no public entry`, "import what its package.json exports"]];
  }
  const complaints: Complaint[] = [];
  if (zone === "neutral" && /^\.\/node(\/|$)/.test(entry)) {
    complaints.push([`imports ${specifier}, which needs Node`, "move it to src/node/"]);
  }
  const there = MAP[name];
  if (zone === "beside" || target === from || !there) return complaints;
  if (there.layer >= place.layer) {
    const arrow = `an arrow from layer ${place.layer} to layer ${there.layer}`;
    complaints.push([`imports ${specifier}, ${arrow}`, "import from lower layers only"]);
  }
  if (place.only && !place.only.includes(name)) {
    complaints.push([
      `imports ${specifier}`,
      `of the lower layers it may know ${place.only.join(", ")} only`,
    ]);
  } else if (place.typesOnly && !typeOnly) {
    complaints.push([`imports more than types from ${specifier}`, "write `import type`"]);
  }
  return complaints;
}

type Graph = Map<string, Set<string>>;

function draw(graph: Graph, from: string, to: string): void {
  graph.set(from, (graph.get(from) ?? new Set()).add(to));
}

function fileCycles(member: Member, uses: readonly Use[]): Finding[] {
  const graph: Graph = new Map();
  for (const { file, specifier } of uses) {
    const target = specifier && isPath(specifier) ? targetOf(file, specifier) : ownSource(member, specifier);
    if (target) draw(graph, file, target);
  }
  return cyclesOf(graph).map((path) => circle(member.folder, path));
}

/** The source file behind a package's import of its own public name. */
function ownSource(member: Member, specifier: string | undefined): string | undefined {
  const entry = entriesOf(member).find(({ name }) => posix.join(member.manifest.name, name) === specifier);
  return entry && posix.normalize(entry.source);
}

function packageCycles(uses: readonly Use[]): Finding[] {
  const graph: Graph = new Map();
  for (const { from, specifier, zone } of uses) {
    const name = specifier?.startsWith(SCOPE) ? packageOf(specifier).slice(SCOPE.length) : from.name;
    if (name !== from.name && zone !== "beside") draw(graph, from.name, name);
  }
  return cyclesOf(graph).map((path) => circle("packages", path));
}

const circle = (where: string, path: readonly string[]): Finding => ({
  where,
  what: `goes round in a circle: ${path.join(" → ")}`,
  remedy: "move what both need to a place of its own",
});

const unmapped = ({ name, folder }: Member): Finding => ({
  where: folder,
  what: `${name} has no place on the map`,
  remedy: "give it a layer in packages/checks/src/map.ts",
});

const finding = ({ from, file, line }: Use, [what, remedy]: Complaint): Finding => ({
  where: `${from.folder}/${file}:${line}`,
  what,
  remedy,
});
