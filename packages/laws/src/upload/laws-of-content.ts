import fc from "fast-check";
import { sizeOf } from "./bodies.js";
import { law } from "./law.js";
import { bodyOf, bytesOf, type Plan, plans } from "./plan.js";
import { failTraceless, play, succeed } from "./run.js";
import type { UploadBodyLike } from "./subject.js";
import type { Asked } from "./watched-store.js";
import type { World } from "./world.js";

type Form = "in chunks" | "as bytes" | "as a string" | "as a Blob";
const forms = fc.constantFrom<Form>("in chunks", "in chunks", "as bytes", "as a string", "as a Blob");

/** The body in one of its forms; of a string, what it has as UTF-8. */
function formed(form: Form, plan: Plan, { store }: World) {
  const bytes = bodyOf(plan, store.limits);
  if (form === "as bytes") return { bytes, body: bytes.slice() as UploadBodyLike };
  if (form === "as a Blob") return { bytes, body: new Blob([bytes]) };
  if (form === "in chunks") return { bytes };
  const body = "a£ह".repeat(bytes.length).slice(0, bytes.length);
  return { bytes: new TextEncoder().encode(body), body };
}

/** The parts are such that a store takes them: numbers, sizes, and what was joined. */
function expectLegal(world: World): void {
  const { minPartSize, maxPartSize, maxPutSize } = world.store.limits;
  const arrived = new Map<number, number>();
  for (const { method, partNumber = 0, done, body } of world.requests) {
    const size = sizeOf(body);
    if (method === "put" && size > maxPutSize) world.breach(`${size} bytes go in one put`);
    if (method !== "putPart" || !done) continue;
    if (size > maxPartSize) world.breach(`part ${partNumber} has ${size} bytes`);
    arrived.set(partNumber, size);
  }
  const last = Math.max(...arrived.keys());
  for (let number = 1; number <= last; number++) {
    const size = arrived.get(number);
    if (size === undefined) world.breach(`there is no part ${number}`);
    else if (size < minPartSize && number < last) world.breach(`part ${number} has only ${size} bytes`);
  }
  if (arrived.has(0)) world.breach("there is a part 0");
}

export const U3 = law(
  {
    id: "U3",
    says: "Parts obey the store's limits; the object equals the input byte for byte, for every chunking.",
    hint: "what becomes of a chunk that ends in the next part, and of the last part",
    sins: [
      "losesTheRest",
      "ordersByArrival",
      "sendsChunks",
      "sendsPadding",
      "numbersFromZero",
      "swapsTheFirstTwo",
      "writesOverTheLast",
    ],
  },
  fc.record({ plan: plans(), form: forms }),
  async (open, { plan, form }) => {
    const world = open();
    world.story.push(`the body comes ${form}`);
    const run = await succeed(world, plan, formed(form, plan, world));
    expectLegal(world);
    await world.expect(run.bytes);
    await world.expectNoLeftovers();
    const { size } = run.result() ?? {};
    if (size !== undefined && size !== run.bytes.length) world.breach(`its size is said to be ${size}`);
  },
);

export const U4 = law(
  {
    id: "U4",
    says: "A declared length that turns out wrong (short or long) never publishes an object.",
    hint: "where the bytes are counted, and whether the end is waited for",
    sins: ["ignoresTheLength", "cutsTheLong", "takesTheShort", "comparesParts"],
    needs: "length",
  },
  fc.record({
    plan: plans(),
    off: fc
      .record({ quarters: fc.integer({ min: -5, max: 5 }), more: fc.integer({ min: -2, max: 2 }) })
      .filter(({ quarters, more }) => quarters !== 0 || more !== 0),
  }),
  async (open, { plan, off }) => {
    const world = open();
    const size = bytesOf(plan.size, world.store.limits);
    const by = Math.trunc((off.quarters * world.store.limits.minPartSize) / 4) + off.more;
    const length = Math.max(0, size + by);
    if (length === size) return;
    world.story.push(`${length} bytes are declared`);
    await failTraceless(world, plan, { options: { length } });
  },
);

const isSent = ({ method }: Asked) => method === "put" || method === "putPart";

export const U5 = law(
  {
    id: "U5",
    says: "What would need part 10,001, or more than the largest object, is refused before it is sent.",
    hint: "what is compared with the limits, and when",
    sins: ["sendsOneMore", "cutsTheTooLarge", "refusesTheLast", "forgetsTheLargestObject"],
  },
  fc.record({
    plan: plans({ from: 3 }),
    maxParts: fc.integer({ min: 1, max: 4 }),
    most: fc.option(fc.record({ quarters: fc.integer({ min: 4, max: 16 }), more: fc.constant(0) }), {
      nil: undefined,
    }),
    exactly: fc.boolean(),
  }),
  async (open, { plan, maxParts, most, exactly }) => {
    const { limits } = open().store;
    // Larger parts would be a way out.
    const maxPartSize = limits.minPartSize + plan.extra;
    const maxObjectSize = most ? bytesOf(most, limits) : limits.maxObjectSize;
    const world = open({ maxParts, maxPartSize, maxPutSize: maxPartSize, maxObjectSize });
    const largest = Math.min(maxParts * maxPartSize, maxObjectSize);
    const bytes = bodyOf(plan, limits);
    const body = exactly ? bodyOf({ ...plan, size: { quarters: 0, more: largest } }, limits) : bytes;
    world.story.push(`at most ${maxParts} parts and ${maxObjectSize} bytes`);
    if (body.length <= largest) {
      const run = await succeed(world, plan, { bytes: body });
      await world.expect(run.bytes);
      return;
    }
    const { length } = world.requests;
    await failTraceless(world, plan, { bytes: body });
    const sent = world.requests.slice(length).filter(isSent);
    const bytesSent = sent.reduce((sum, asked) => sum + sizeOf(asked.body), 0);
    if (sent.some(({ partNumber = 1 }) => partNumber > maxParts))
      world.breach(`part ${maxParts + 1} is sent`);
    if (bytesSent > largest) world.breach(`${bytesSent} bytes are sent`);
    if (plan.known && sent.length > 0) world.breach("it is known to be too large, and yet it is begun");
  },
);

export const U9 = law(
  {
    id: "U9",
    says: "An empty body makes an empty object.",
    hint: "what is sent when there is no byte",
    sins: ["publishesNothing", "completesWithoutParts"],
  },
  fc.record({ plan: plans(), form: forms, chunks: fc.nat({ max: 3 }) }),
  async (open, { plan, form, chunks }) => {
    const world = open();
    const empty = { ...plan, size: { quarters: 0, more: 0 } };
    world.story.push(`an empty body comes ${form}`);
    const run = await succeed(world, empty, { ...formed(form, empty, world), empties: chunks });
    await world.expect(run.bytes);
    await world.expectNoLeftovers();
    const { size = 0 } = run.result() ?? {};
    if (size !== 0) world.breach(`its size is said to be ${size}`);
  },
);

export const U12 = law(
  {
    id: "U12",
    says: "Progress is monotonic, and its last value is the object's size.",
    hint: "what is added when a part arrives, and when a try fails",
    sins: ["countsByNumber", "missesTheLast", "countsEachTry", "goesBackByOne", "countsBeforeTheAnswer"],
    needs: "progress",
  },
  fc.record({ plan: plans(), failing: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }) }),
  async (open, { plan, failing }) => {
    const world = open();
    world.trouble = ({ method, partNumber, tries }) =>
      method === "putPart" && tries === 1 && failing.includes(partNumber!)
        ? { does: "fail", error: () => Object.assign(new Error("reset"), { retryable: true }) }
        : undefined;
    const onLoaded = (now: number) => {
      const there = world.requests.reduce((sum, { done, body }) => sum + (done ? sizeOf(body) : 0), 0);
      if (now > there) world.breach(`${now} bytes are reported, ${there} have arrived`);
    };
    const { loaded, bytes } = await play(world, plan, { onLoaded });
    loaded.forEach((now, i) => {
      const before = loaded[i - 1] ?? 0;
      if (now < before) world.breach(`${now} bytes after ${before}`);
    });
    if (loaded.at(-1) !== bytes.length) world.breach(`at last ${loaded.at(-1)} bytes of ${bytes.length}`);
  },
);
