import fc from "fast-check";
import { content } from "../store/content.js";
import type { Client } from "./client.js";
import { law } from "./law.js";
import { ask, isStreamed, WISHES, wanted } from "./requests.js";
import type { World } from "./world.js";

const ROOM = 1_000;
const pieces = fc.array(fc.integer({ min: 1, max: 250 }), { minLength: 1, maxLength: 3 });

/** Who moves the bytes of an object. */
interface Mover {
  readonly client: Client;
  readonly key: string;
}

/** Bytes that have come from a client or from the store, and have not gone on. */
function heldBy(world: World, movers: readonly Mover[]): number {
  let held = 0;
  for (const { client, key } of movers) {
    if (client.over()) continue;
    const [asked] = world.requests.filter(({ args }) => keyOf(args) === key);
    const isDone = asked?.state === "over" || asked?.state === "stopped";
    if (client.given > 0 && !isDone) held += client.given - (asked?.taken ?? 0);
    if (asked !== undefined) held += Math.max(0, asked.given - client.read);
  }
  return held;
}

const keyOf = ([target]: readonly unknown[]): string | undefined =>
  (target as { readonly key?: string } | undefined)?.key;

export const G1 = law(
  {
    id: "G1",
    says: "Held bytes never exceed the budget, for any number of clients.",
    hint: "what is reserved before a byte is asked for, in how many steps, and who gives it back",
    sins: [
      ...(["ignoresTheBudget", "asksTwice", "keepsThePermitOfTheRefused"] as const),
      ...(["readsAheadOfTheStore", "readsAheadOfTheClient"] as const),
    ],
  },
  fc.record({
    all: fc.array(
      fc.record({
        wish: fc.constantFrom("put", "put", "get", "get", ...WISHES),
        size: fc.nat({ max: 4 * ROOM }),
        pieces,
        /** The store refuses it. */
        fails: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
        /** It leaves when it has read or sent so much. */
        leaves: fc.option(fc.nat({ max: 4 * ROOM }), { nil: undefined, freq: 2 }),
        how: fc.constantFrom("abort", "cancel"),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    rooms: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat({ max: 1_000 }),
  }),
  async (world, { all, rooms, seed }) => {
    const capacity = rooms * ROOM;
    await world.start({ capacity, requestBytes: ROOM, controlBytes: ROOM / 2 });
    const failing = new Set(all.flatMap(({ fails }, i) => (fails ? [world.at(`${i}`).key] : [])));
    const error = () => new Error("it is refused");
    world.trouble = ({ args }) => (failing.has(keyOf(args) ?? "") ? { does: "fail", error } : undefined);
    const movers: Mover[] = [];
    world.look = (bytes) => {
      const { held } = world.budget;
      if (held > capacity) world.breach(`${held} bytes are reserved of ${capacity}`);
      const owned = bytes > 0 ? heldBy(world, movers) + bytes : 0;
      if (owned > held) world.breach(`${owned} bytes are held, ${held} are reserved`);
    };
    const leaving: { readonly client: Client; readonly after: number; readonly how: "abort" | "cancel" }[] =
      [];
    const ready = await Promise.all(
      all.map(async ({ wish, size }, i) => wanted(world, wish, content(size, seed + i), `${i}`)),
    );
    for (const [i, { wish, pieces, leaves, how }] of all.entries()) {
      const client = await ask(world, ready[i]!, { sent: { pieces } });
      if (isStreamed(wish) || wish === "get") movers.push({ client, key: world.at(`${i}`).key });
      if (leaves !== undefined) leaving.push({ client, after: leaves, how });
    }
    for (;;) {
      const due = () =>
        leaving.filter(({ client, after }) => !client.over() && client.read + client.given >= after);
      const over = () => world.clients.every((client) => client.over());
      const went = await world.drive(() => over() || due().length > 0);
      if (over()) break;
      if (!went) return world.breach("it never ends");
      for (const { client, how } of due()) client.leave(how);
    }
    await world.expectNothingLeft();
  },
);

export const G2 = law(
  {
    id: "G2",
    says: "A GET's reservation lives until its last byte or its disconnect, and is given back once.",
    hint: "what the permit is tied to, and every way in which a body can end",
    sins: [
      ...(["releasesWhenAnswered", "releasesTwice", "keepsThePermitOnCancel"] as const),
      ...(["keepsThePermitOnAbort", "keepsThePermitOfABrokenBody", "releasesWithTheStore"] as const),
    ],
  },
  fc.record({
    size: fc.nat({ max: 2_000 }),
    /** The client stops after so many bytes, and next it: */
    stopsAfter: fc.nat({ max: 2_000 }),
    next: fc.constantFrom("reads on", "cancels", "aborts"),
    /** The store breaks off or stalls after so many bytes. */
    trouble: fc.option(fc.record({ does: fc.constantFrom("cut", "stall"), after: fc.nat({ max: 2_000 }) }), {
      nil: undefined,
      freq: 2,
    }),
    seed: fc.nat({ max: 1_000 }),
  }),
  async (world, { size, stopsAfter, next, trouble, seed }) => {
    await world.start({ capacity: 2 * ROOM, requestBytes: ROOM });
    const get = await wanted(world, "get", content(size, seed));
    let goOn = () => {};
    const until = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const error = () => new Error("the store has broken off");
    world.trouble = () => {
      if (trouble === undefined) return undefined;
      const { does, after } = trouble;
      return does === "cut" ? { does: "cut", after, error } : { does: "stall", after, until };
    };
    const client = await ask(world, get, { stopsAfter });
    const check = (): void => {
      if (client.response === undefined || client.over() || client.read >= size) return;
      if (world.budget.held === 0)
        world.breach(`nothing is reserved, and ${size - client.read} bytes are missing`);
    };
    world.look = check;
    // Nobody moves: what is given back now is given back too early.
    await world.drive(client.over, "to rest");
    check();
    goOn();
    if (!client.over() && next !== "reads on") client.leave(next === "cancels" ? "cancel" : "abort");
    client.resume();
    await world.finish();
    await world.expectNothingLeft();
    const missing = size - client.read;
    if (client.ended === "end" && !client.left && missing > 0)
      world.breach(`it ends as if nothing were missing, ${missing} bytes before its end`);
  },
);
