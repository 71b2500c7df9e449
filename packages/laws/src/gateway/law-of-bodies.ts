import fc from "fast-check";
import { checksumOf } from "../download/crc32.js";
import { content } from "../store/content.js";
import { joined } from "../store/reference-body.js";
import { base64, md5 } from "../upload/digests.js";
import { CHUNK, type Fault, FRAMINGS, type Framing, hasTrailer, isChunked } from "./framing.js";
import { law } from "./law.js";
import { ask, type How, type Wanted, wanted } from "./requests.js";

/** What is wrong with a body. `n` says where. */
interface Wrong {
  /** Where there is such a thing to be wrong. */
  readonly is?: (framing: Framing) => boolean;
  readonly how: (n: number, body: Uint8Array) => How;
  readonly headers?: (body: Uint8Array) => Readonly<Record<string, string>>;
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
const fault = (made: Fault): How => ({ fault: made });
const isHashed = (framing: Framing) => framing !== "plain";

const WRONGS = {
  "it is cut short": { how: (n) => ({ wire: (wire) => wire.slice(0, n % wire.length) }) },
  "its last bytes are cut off": {
    how: (n) => ({ wire: (wire) => wire.slice(0, Math.max(0, wire.length - 1 - (n % 10))) }),
  },
  "its frames end behind the data": { is: isChunked, how: () => fault({ end: "" }) },
  "it has no last signature": { is: isChunked, how: () => fault({ end: "0\r\n" }) },
  "it goes on": { how: (n) => ({ wire: (wire) => joined([wire, content(1 + (n % 20), n)]) }) },
  "another chunk follows": {
    is: isChunked,
    how: () => ({ wire: (wire) => joined([wire, utf8("1\r\nx\r\n0\r\n\r\n")]) }),
  },
  "the client breaks off": {
    how: (n) => ({ wire: (wire) => wire.slice(0, n % wire.length), sent: { ending: "failure" } }),
  },
  "a bit of its data is flipped": {
    is: isHashed,
    how: (n, body) => fault({ sent: flipped(body, n % body.length) }),
  },
  "its first chunk is forged": {
    is: (framing) => framing.startsWith("signed"),
    how: () => fault({ forges: 0 }),
  },
  "its chunks have no frames": {
    is: isChunked,
    how: () => ({ wire: (wire) => wire.map((byte) => (byte === 13 ? 32 : byte)) }),
  },
  "its trailer is wrong": { is: hasTrailer, how: () => fault({ trailer: "wrong" }) },
  "its trailer is missing": { is: hasTrailer, how: () => fault({ trailer: "missing" }) },
  "its Content-MD5 is another one": {
    how: () => ({}),
    headers: (body) => ({ "content-md5": base64(md5(flipped(body, 0))) }),
  },
  "its checksum is another one": {
    is: (framing) => !hasTrailer(framing),
    how: () => ({}),
    headers: (body) => ({ "x-amz-checksum-crc32": checksumOf(flipped(body, 0)).value }),
  },
} as const satisfies Record<string, Wrong>;

const possible = (wrong: Wrong, framing: Framing): boolean => wrong.is?.(framing) ?? true;

const NAMES = Object.keys(WRONGS) as (keyof typeof WRONGS)[];

export const G7 = law(
  {
    id: "G7",
    says: "A short, over-long, malformed or unverified body publishes nothing.",
    hint: "what the store has by the time that the body is known to be wrong: it publishes at the last byte",
    sins: [
      ...(["takesTheShort", "cutsTheLong", "endsWithTheData", "letsATrailingChunkThrough"] as const),
      ...(["forgetsTheTrailer", "takesAMissingTrailer", "forgetsTheMd5", "forgetsTheChecksum"] as const),
      ...(["verifiesAfterwards", "trustsThePayloadHash"] as const),
    ],
  },
  fc.record({
    body: fc.constantFrom(...FRAMINGS).chain((framing) => {
      const names = NAMES.filter((name) => possible(WRONGS[name], framing));
      const wrong = fc.option(fc.constantFrom(...names), { nil: undefined, freq: 15 });
      return fc.record({ framing: fc.constant(framing), wrong });
    }),
    wish: fc.constantFrom("put", "put", "part"),
    /** Less than a chunk, or one and a bit. */
    size: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: CHUNK - 1, max: CHUNK + 30 })),
    n: fc.nat({ max: 1_000_000 }),
    pieces: fc.array(fc.oneof(fc.integer({ min: 300, max: 9_000 }), fc.constant(100_000)), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  async (world, { body: { framing, wrong }, wish, size: wanting, n, pieces }) => {
    const size = isChunked(framing) ? wanting : wanting % 300;
    await world.start();
    const body = content(size, n);
    const before = content(7, n + 1);
    if (wish === "put") await world.put(before);
    const request: Wanted = await wanted(world, wish, body);
    const made: Wrong | undefined = wrong && WRONGS[wrong];
    const isWrong = made !== undefined && size > 0;
    const headers = { ...request.draft.headers, ...(isWrong && made.headers?.(body)) };
    const how = isWrong ? made.how(n, body) : {};
    world.story.push(`a body of ${size} bytes, ${framing}: ${isWrong ? wrong : "nothing is wrong"}`);
    const client = await ask(
      world,
      { draft: { ...request.draft, headers }, body },
      { framing, ...how, sent: { pieces, ...how.sent } },
    );
    await world.finish();
    const now = wish === "put" ? await world.bytesOf() : await partOf();
    const isOld = isSame(now, wish === "put" ? before : undefined);
    if (!isWrong) {
      if (!client.ok) world.breach(`it is answered ${client.status} ${client.code}`);
      if (!isSame(now, body)) world.breach("something else is published");
    } else {
      if (client.status < 400) world.breach(`it is answered ${client.status}`);
      if (!isOld) world.breach(`${now?.length ?? "no"} bytes are published`);
    }
    await world.expectNothingLeft();

    /** Whether there is a part says as much as its bytes. */
    async function partOf(): Promise<Uint8Array | undefined> {
      const uploadId = new Map(request.draft.query).get("uploadId") ?? "";
      const { parts } = await world.inner.listParts({ ...world.at(), uploadId });
      return parts.length > 0 && parts[0]?.size === size ? body : parts[0] && new Uint8Array(parts[0].size);
    }
  },
);

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
