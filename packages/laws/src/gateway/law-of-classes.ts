import fc from "fast-check";
import { content } from "../store/content.js";
import { law } from "./law.js";
import { ask, isControl, isStreamed, WISHES, type Wish, wanted } from "./requests.js";
import type { Draft } from "./signing.js";
import type { World } from "./world.js";

/** Sub-resources of S3. A gateway may know them, but then they are not the object. */
const KNOWN = [
  ...[
    "acl",
    "tagging",
    "retention",
    "legal-hold",
    "torrent",
    "restore",
    "attributes",
    "policy",
    "versioning",
  ],
  ...["lifecycle", "cors", "encryption", "replication", "website", "logging", "notification", "renameObject"],
];
/** What nobody knows. */
const made = fc
  .string({ unit: fc.constantFrom(..."abcdefgh-"), minLength: 1, maxLength: 8 })
  .map((name) => `law${name.replace(/^-+|-+$/g, "")}`);
const METHODS = ["PATCH", "PROPFIND", "LOCK", "QUERY", "MKCOL"];

interface Case {
  readonly wish: Wish;
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const with1 = (draft: Draft, name: string): Draft => ({ ...draft, query: [...draft.query, [name, ""]] });

/** A request that is not understood: it changes nothing, and reads nothing. */
async function unknown(
  world: World,
  what: "parameter" | "resource" | "header" | "method" | "part",
  plan: Case,
) {
  const { wish, name, bytes } = plan;
  const old = content(9, 3);
  const request = await wanted(world, wish, isStreamed(wish) || wish === "complete" ? bytes : old);
  if (wish === "put") await world.put(old);
  const { draft } = request;
  const changed: Draft =
    what === "parameter" || what === "resource"
      ? with1(draft, name)
      : what === "header"
        ? { ...draft, headers: { ...draft.headers, [`x-amz-${name}`]: "1" } }
        : what === "method"
          ? { ...draft, method: name }
          : {
              ...draft,
              method: "PUT",
              path: `/${world.bucket}/${world.at().key}`,
              query: [["partNumber", "1"]],
            };
  const body = what === "method" ? undefined : (request.body ?? (what === "part" ? bytes : undefined));
  const client = await ask(world, { draft: changed, body });
  await world.finish();
  if (what === "resource") {
    // Some gateway may well have such a thing, and tell of it.
    if (client.ok && client.read > 0 && isSame(client.bytes, old)) world.breach("the object is read for it");
  } else {
    if (client.status < 400) world.breach(`it is answered ${client.status}`);
    if (world.requests.length > 0) world.breach("the store is asked");
  }
  const isThere = ["put", "get", "head", "delete", "delete many"].includes(wish);
  if (!isSame(await world.bytesOf(), isThere ? old : undefined))
    world.breach("the object is another one now");
}

/** A control body is asked for before it is known whose it is. */
async function readAtOnce(world: World, wish: Wish) {
  const request = await wanted(world, wish);
  let answer = () => {};
  const late = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { lookup } = world;
  world.lookup = async (accessKeyId) => {
    await late;
    return lookup(accessKeyId);
  };
  const client = await ask(world, request);
  const size = request.body?.length ?? 0;
  if (!(await world.drive(() => client.given >= size || client.over())) || client.over())
    world.breach(`${client.given} of ${size} bytes are read while it is not known whose they are`);
  if (world.requests.length > 0) world.breach("the store is asked before it is known who asks");
  answer();
  await world.finish();
  if (!client.ok) world.breach(`it is answered ${client.status} ${client.code}`);
}

const MOST = 2_000;

/** A control body that is too large is not read to its end, and does nothing. */
async function tooLarge(world: World, wish: Wish, declares: boolean, more: number) {
  const request = await wanted(world, wish);
  const size = MOST + 1 + more;
  const body = new Uint8Array(size).fill(32);
  body.set(request.body ?? []);
  const headers = { ...request.draft.headers };
  const client = await ask(
    world,
    { draft: { ...request.draft, headers }, body },
    {
      sent: { pieces: [100] },
      after: (draft) => {
        const { "content-length": _, ...others } = draft.headers;
        return declares ? draft : { ...draft, headers: others };
      },
    },
  );
  await world.finish();
  if (client.status < 400 || client.status >= 500) world.breach(`it is answered ${client.status}`);
  if (declares && client.asked > 0) world.breach("it is asked for a body that is known to be too large");
  if (client.given > MOST + 200) world.breach(`${client.given} bytes of ${MOST} are read`);
  if (world.requests.length > 0) world.breach("the store is asked");
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

const control = fc.constantFrom<Wish>(...WISHES.filter(isControl));
const any = fc.constantFrom<Wish>(...WISHES);
const cases = fc.oneof(
  fc.record({ what: fc.constant("resource"), wish: any, name: fc.constantFrom(...KNOWN) }),
  fc.record({ what: fc.constant("parameter"), wish: any, name: made }),
  fc.record({ what: fc.constant("header"), wish: any, name: made }),
  fc.record({
    what: fc.constant("method"),
    wish: fc.constant<Wish>("get"),
    name: fc.constantFrom(...METHODS),
  }),
  fc.record({ what: fc.constant("part"), wish: fc.constant<Wish>("get"), name: made }),
  fc.record({ what: fc.constant("at once"), wish: control, name: made }),
  fc.record({ what: fc.constant("too large"), wish: control, name: made }),
);

export const G5 = law(
  {
    id: "G5",
    says: "Exactly the control operations (CreateMultipartUpload, CompleteMultipartUpload, AbortMultipartUpload, DeleteObjects) are read, first thing, size-checked; an operation that the classifier does not know fails closed.",
    hint: "what is done with a parameter, header or method that nobody has thought of",
    sins: [
      ...(["takesSubresourcesForTheObject", "ignoresUnknownHeaders", "takesAnyMethodForGet"] as const),
      ...(["takesPartsForObjects", "readsControlBodiesLate", "overlooksTheSize"] as const),
      "trustsTheDeclaredSize",
    ],
  },
  fc.record({
    one: cases,
    declares: fc.boolean(),
    more: fc.nat({ max: 20_000 }),
    seed: fc.nat({ max: 100 }),
  }),
  async (world, { one: { what, wish, name }, declares, more, seed }) => {
    await world.start({ controlBytes: MOST });
    world.story.push(`${what}: ${name}`);
    if (what === "at once") await readAtOnce(world, wish);
    else if (what === "too large") await tooLarge(world, wish, declares, more);
    else await unknown(world, what as "parameter", { wish, name, bytes: content(20, seed) });
    await world.expectNothingLeft();
  },
);
