import fc from "fast-check";
import { content } from "../store/content.js";
import { FRAMINGS, wireLength } from "./framing.js";
import { law } from "./law.js";
import { ask, wanted } from "./requests.js";
import type { World } from "./world.js";

// More than a chunk, as that may be held until its signature was right.
const ROOM = 18_000;
const sizes = fc.integer({ min: ROOM, max: 2 * ROOM });

interface Case {
  readonly size: number;
  /** One side moves on only when the other has caught up. */
  readonly after: number;
  readonly pieces: readonly number[];
  readonly seed: number;
}

/** A body from a client to the store. */
async function inwards(world: World, plan: Case, wish: "put" | "part", framing: (typeof FRAMINGS)[number]) {
  const { size, after, pieces, seed } = plan;
  const bytes = content(size, seed);
  const put = await wanted(world, wish, bytes);
  const frames = wireLength(framing, size) - size;
  let goOn = () => {};
  const until = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow = seed % 2 === 0 ? "client" : "store";
  if (slow === "store") world.trouble = () => ({ does: "stall", after: after % size, until });
  const stall = { after: after % (size + frames), until };
  const client = await ask(world, put, { framing, sent: { pieces, ...(slow === "client" && { stall }) } });
  const held = () => client.given - (world.requests[0]?.taken ?? 0);
  const tooMuch = () => held() - frames > ROOM;
  world.look = () => {
    if (tooMuch()) world.breach(`${held()} bytes are held of a body`);
  };
  await world.drive(client.over, "to rest");
  if (slow === "client" && !client.over()) {
    // Whatever was sent must have gone on, but for what may be held.
    await world.drive(() => held() <= ROOM);
    if (held() > ROOM) world.breach(`${held()} bytes are held of a body`);
  }
  goOn();
  await world.finish();
  if (!client.ok) return world.breach(`it is answered ${client.status} ${client.code}`);
  const [asked] = world.requests;
  if (!asked?.streamed) return world.breach("the body does not reach the store as a stream");
  if (asked.length !== size) world.breach(`the store is told ${asked.length} bytes in the place of ${size}`);
  if (asked.taken !== size) world.breach(`${asked.taken} of ${size} bytes arrive`);
}

/** A body from the store to a client. */
async function outwards(world: World, { size, after, seed }: Case) {
  const bytes = content(size, seed);
  const get = await wanted(world, "get", bytes);
  let goOn = () => {};
  const until = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow = seed % 2 === 0 ? "client" : "store";
  if (slow === "store") world.trouble = () => ({ does: "stall", after: after % size, until });
  const client = await ask(world, get, slow === "client" ? { stopsAfter: after % size } : {});
  const held = () => (world.requests[0]?.given ?? 0) - client.read;
  world.look = () => {
    if (held() > ROOM) world.breach(`${held()} bytes are held of an object`);
  };
  await world.drive(client.over, "to rest");
  if (slow === "store") {
    await world.drive(() => held() === 0);
    if (held() > 0) world.breach(`${held()} bytes are held of an object, and the client waits for them`);
  }
  goOn();
  client.resume();
  await world.finish();
  if (client.response?.headers.get("content-length") !== String(size))
    world.breach("the client is not told the length");
  if (client.bytes.length !== size || client.bytes.some((byte, i) => byte !== bytes[i]))
    world.breach("other bytes came");
}

export const G4 = law(
  {
    id: "G4",
    says: "PutObject, UploadPart and GET bodies are never buffered; Content-Length arrives upstream.",
    hint: "whatever stands between the two bodies, and reads the one before the other asks",
    sins: [
      ...(["buffersPuts", "buffersGets", "readsAheadOfTheStore", "readsAheadOfTheClient"] as const),
      "declaresTheWireLength",
    ],
  },
  fc.record({
    wish: fc.constantFrom("put", "part", "get", "get"),
    framing: fc.constantFrom(...FRAMINGS),
    size: sizes,
    after: fc.nat({ max: 1_000_000 }),
    pieces: fc.array(fc.integer({ min: 1_000, max: 9_000 }), { minLength: 1, maxLength: 3 }),
    seed: fc.nat({ max: 1_000 }),
  }),
  async (world, { wish, framing, ...plan }) => {
    await world.start({ requestBytes: ROOM });
    if (wish === "get") await outwards(world, plan);
    else await inwards(world, plan, wish, framing);
    await world.expectNothingLeft();
  },
  { min: 500, max: 9_000 },
);
