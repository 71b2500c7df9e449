import fc from "fast-check";
import { law } from "./law.js";
import { bodyOf, plans } from "./plan.js";
import { type Differently, play, succeed } from "./run.js";
import type { Asked } from "./watched-store.js";
import type { World } from "./world.js";

/** What becomes of the store between an upload and the one that is to go on with it. */
type Between = "nothing" | "the upload is removed" | "a part is replaced" | "another key is asked for";

async function happens(
  between: Between,
  { inner }: World,
  upload: Parameters<World["inner"]["listParts"]>[0],
  acknowledged: ReadonlySet<number>,
) {
  if (between === "the upload is removed") await inner.abortMultipart(upload);
  if (between === "a part is replaced") {
    const { parts } = await inner.listParts(upload);
    // What has landed without an answer is in no token: another one in its place is simply sent over.
    const { partNumber, size } = parts.find((part) => acknowledged.has(part.partNumber))!;
    await inner.putPart(upload, partNumber, new Uint8Array(size).fill(0xee));
  }
}

const numbersOf = (requests: readonly Asked[]) =>
  requests.flatMap(({ method, partNumber }) => (method === "putPart" ? [partNumber!] : []));

export const U10 = law(
  {
    id: "U10",
    says: "A resume token continues the same upload with no part sent twice; a token that does not match what the store has is refused.",
    hint: "what is compared with the parts that the store lists",
    sins: [
      "startsAnew",
      "sendsEverythingAgain",
      "trustsTheToken",
      "takesTheTokenOfAnother",
      "sendsTheLastAgain",
      "comparesNumbers",
    ],
    needs: "resume",
  },
  fc.record({
    plan: plans({ from: 13 }),
    /** The part at which the first upload fails. */
    failing: fc.integer({ min: 2, max: 5 }),
    between: fc.constantFrom<Between>(
      ...(["nothing", "nothing", "the upload is removed", "a part is replaced"] as const),
      "another key is asked for",
    ),
  }),
  async (open, { plan, failing, between }) => {
    const world = open();
    const { limits } = world.store;
    const partSize = limits.minPartSize + plan.extra;
    const bytes = bodyOf(plan, limits);
    const at = Math.min(failing, Math.ceil(bytes.length / partSize));
    world.trouble = ({ method, partNumber }) =>
      method === "putPart" && partNumber === at
        ? { does: "fail", error: () => Object.assign(new Error("refused"), { code: "AccessDenied" }) }
        : undefined;
    const first = await play(world, plan, { options: { leavePartsOnError: true } });
    if (first.outcome.state === "fulfilled") return world.breach("it succeeds without a part");
    const [upload] = await world.leftovers();
    if (upload === undefined) return world.breach("the upload was not left on the store");
    const acknowledged = new Set(
      world.requests.flatMap(({ done, partNumber = 0 }) => (done ? [partNumber] : [])),
    );
    const token = first.tokens.at(-1);
    // Without a part there is nothing to go on from.
    if (acknowledged.size === 1 && acknowledged.has(0) && token === undefined) return;
    if (token === undefined) return world.breach("there was no checkpoint");
    const parts = [...acknowledged].filter((partNumber) => partNumber > 0);
    if (between === "a part is replaced" && parts.length === 0) return;

    world.story.push(`between: ${between}`);
    await happens(between, world, upload, acknowledged);
    world.trouble = () => undefined;
    const { length } = world.requests;
    const again: Differently = { options: { resume: token } };
    if (between === "nothing") {
      await succeed(world, plan, again);
      const requests = world.requests.slice(length);
      if (requests.some(({ method }) => method === "createMultipart"))
        world.breach("it begins another upload");
      const twice = numbersOf(requests).filter((number) => acknowledged.has(number));
      if (twice.length > 0) world.breach(`it sends part ${twice.join(", ")} again`);
      await world.expect(bytes);
      return world.expectNoLeftovers();
    }
    const target = { ...world.target, key: `${world.target.key}/other` };
    const elsewhere = between === "another key is asked for";
    const second = await play(world, plan, elsewhere ? { ...again, target } : again);
    if (second.outcome.state === "fulfilled") world.breach("it succeeds with a token that does not match");
    const requests = world.requests.slice(length);
    if (numbersOf(requests).length > 0) world.breach("it sends a part before it refuses the token");
    await world.expect(undefined);
    await world.expect(undefined, target);
  },
);
