import fc from "fast-check";
import { law } from "./law.js";
import { ask, WISHES, wanted } from "./requests.js";
import { KEY } from "./world.js";

export const G10 = law(
  {
    id: "G10",
    says: "One request never waits for another's credential refresh.",
    hint: "what is kept of a lookup between requests, and what requests go through one by one",
    sins: ["sharesLookups", "looksUpInTurn", "keepsFailures"],
  },
  fc.record({
    /** What the lookup of each request does; of each, there is a client with the same key, or with another. */
    all: fc.array(
      fc.record({
        wish: fc.constantFrom(...WISHES),
        does: fc.constantFrom("answers", "answers", "hangs", "fails"),
        same: fc.boolean(),
        leaves: fc.boolean(),
      }),
      { minLength: 2, maxLength: 4 },
    ),
  }),
  async (world, { all }) => {
    await world.start();
    const keyOf = (i: number) => (all[i]?.same ? KEY : { ...KEY, accessKeyId: `${KEY.accessKeyId}${i}` });
    let answer = () => {};
    const late = new Promise<void>((resolve) => {
      answer = resolve;
    });
    // The lookups come in the order in which they are asked for, one request after the other.
    let current = 0;
    let isAsked = false;
    world.lookup = async () => {
      isAsked = true;
      const { does } = all[current]!;
      if (does === "hangs") await late;
      if (does === "fails") throw new Error("the keys cannot be reached");
      return KEY;
    };
    const wishes = await Promise.all(all.map(({ wish }, i) => wanted(world, wish, undefined, `${i}`)));
    for (const [i, { does, leaves }] of all.entries()) {
      current = i;
      isAsked = false;
      const client = await ask(world, wishes[i]!, { terms: { key: keyOf(i) } });
      world.story.push(`the lookup of ${client.name} ${does}`);
      if (does === "hangs") {
        await world.drive(client.over, "to rest");
        if (leaves) client.leave("abort");
        continue;
      }
      if (!(await world.drive(client.over)))
        return world.breach(`${client.name} waits for somebody else's lookup`);
      // What was found before may be remembered.
      if (client.ok !== (does === "answers" || !isAsked))
        world.breach(`${client.name} is answered ${client.status} ${client.code}`);
      if (does === "fails" && isAsked && client.status < 500)
        world.breach(`${client.name} is answered ${client.status}, and is not to blame`);
    }
    answer();
    await world.finish();
    await world.expectNothingLeft();
  },
);
