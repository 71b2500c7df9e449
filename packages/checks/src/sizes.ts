import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type OnResolveResult, type Plugin } from "esbuild";
import { unbuilt } from "./dist.js";
import { count, type Finding, type Rule } from "./rule.js";
import { isPlatform, packageOf } from "./uses.js";
import { entriesOf, isLibrary, type Member, members, read, SCOPE } from "./workspace.js";

interface Size {
  /** With all that it stands on, but for peers: whoever uses those has them already. */
  readonly whole: number;
  /** Its own code alone. */
  readonly own: number;
}

/** How many bytes a package may have. */
const LIMITS: Readonly<Record<string, Partial<Size>>> = {
  // The goal of these is 2,500: docs/why/006.
  semaphore: { own: 3400 },
  channel: { own: 4500 },
  release: { own: 3200 },
  "read-slots": { own: 2900 },
  // The goal of an S3 adapter is 12,000: docs/why/016.
  "s3-fetch": { whole: 21_600 },
  "s3-upload": { whole: 21_600 },
  "s3-download": { whole: 15_200 },
};

/** What its users import, where a package has more than that: the rest is left out by every bundler. */
const PRIMITIVES: Readonly<Record<string, string>> = {
  semaphore: "Semaphore",
  channel: "Channel",
  release: "releaseOnEnd, admit",
  "read-slots": "ReadSlots",
};

/** How far the page may be off: gzip differs a little between versions of Node. */
const TOLERANCE = 0.02;

const LINE = /^((?:- )?)Size: .*$/m;

/** Each library is as small as it must be, and its README says how small that is. */
export const sizes: Rule = {
  name: "sizes",
  async run(root, { write }) {
    const libraries = members(root).filter(isLibrary);
    const missing = libraries.flatMap((member) => unbuilt(member, "script"));
    if (missing.length > 0) return { seen: count(libraries.length, "package"), findings: missing };
    const findings = await Promise.all(
      libraries.map(async (member) => {
        const size = await measure(member, libraries);
        return [...overweight(member, size), ...misstated(member, size, write)];
      }),
    );
    return { seen: count(libraries.length, "package"), findings: findings.flat() };
  },
};

async function measure(member: Member, libraries: readonly Member[]): Promise<Size> {
  const peers = new Set(libraries.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {})));
  return {
    whole: await bundled(member, (specifier) => {
      if (isPlatform(specifier) || peers.has(packageOf(specifier))) return { external: true };
      return specifier.startsWith(SCOPE)
        ? { path: builtOf(specifier, libraries), sideEffects: false }
        : undefined;
    }),
    own: await bundled(member, () => ({ external: true })),
  };
}

async function bundled(member: Member, resolve: Resolve): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export ${PRIMITIVES[member.name] ? `{ ${PRIMITIVES[member.name]} }` : "*"} from "./${mainOf(member)}"`,
      resolveDir: member.home,
    },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "silent",
    plugins: [outsiders(resolve)],
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

const mainOf = (member: Member): string => {
  const main = entriesOf(member).find(({ name }) => name === "");
  if (!main) throw new Error(`${member.folder} has no main entry`);
  return main.script;
};

/** Where a package lies, or that it is left outside; nothing if the bundler is to find it. */
type Resolve = (specifier: string) => OnResolveResult | undefined;

const outsiders = (resolve: Resolve): Plugin => ({
  name: "outsiders",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path }) => {
      const found = resolve(path);
      return found?.external ? { path, external: true } : found;
    });
  },
});

function builtOf(specifier: string, libraries: readonly Member[]): string {
  const [name, ...rest] = specifier.slice(SCOPE.length).split("/");
  const member = libraries.find((candidate) => candidate.name === name);
  const entry = member && entriesOf(member).find((candidate) => candidate.name === rest.join("/"));
  if (!entry) throw new Error(`${specifier} is no entry of a package that is published`);
  return join(member.home, entry.script);
}

function overweight({ name, folder }: Member, size: Size): Finding[] {
  return (["own", "whole"] as const).flatMap((which) => {
    const limit = LIMITS[name]?.[which];
    if (limit === undefined || size[which] <= limit) return [];
    const what = `is ${size[which]} bytes gzipped, ${which === "own" ? "without" : "with"} its dependencies`;
    return [{ where: folder, what, remedy: `make it ${limit} at most` }];
  });
}

function misstated({ folder, home, manifest }: Member, size: Size, write: boolean): Finding[] {
  const path = join(home, "README.md");
  if (!existsSync(path)) return [];
  const right = sentence(size, Object.keys(manifest.dependencies ?? {}).length > 0);
  const page = read(path);
  const stated = LINE.exec(page)?.[0].replace(/^- /, "");
  if (stated !== undefined && agree(stated, right)) return [];
  if (stated !== undefined && write) {
    writeFileSync(
      path,
      page.replace(LINE, (_line, bullet: string) => bullet + right),
    );
    return [];
  }
  const what = stated === undefined ? "does not state its size" : `says "${stated}"`;
  const remedy =
    stated === undefined ? `add the line "${right}"` : `it is "${right}": run pnpm rules --write`;
  return [{ where: `${folder}/README.md`, what, remedy }];
}

const sentence = ({ whole, own }: Size, standsOnOthers: boolean) =>
  standsOnOthers
    ? `Size: ${whole} bytes gzipped, minified, with its dependencies; ${own} without them.`
    : `Size: ${whole} bytes gzipped, minified, without dependencies.`;

/** The same words, and numbers that differ by no more than the tolerance. */
function agree(stated: string, right: string): boolean {
  const numbers = (text: string) => [...text.matchAll(/\d+/g)].map(Number);
  const words = (text: string) => text.replace(/\d+/g, "#");
  const truth = numbers(right);
  return (
    words(stated) === words(right) &&
    numbers(stated).every((n, i) => Math.abs(n - truth[i]!) <= truth[i]! * TOLERANCE)
  );
}
