import fc from "fast-check";
import { content } from "../store/content.js";
import { law } from "./law.js";
import { ask, WISHES, wanted } from "./requests.js";

export const G8 = law(
  {
    id: "G8",
    says: "A client that disconnects stops the upstream request.",
    hint: "what the store is told by, and what is awaited without the signal",
    sins: ["passesNoSignal", "neverCancels", "waitsForTheClient", "goesOnAfterwards"],
  },
  fc.record({
    wish: fc.constantFrom("get", "put", ...WISHES),
    how: fc.constantFrom("abort", "cancel"),
    size: fc.integer({ min: 1, max: 2_000 }),
    /** Who stands still before it leaves: the store, before it answers or in a body, or the client. */
    stalls: fc.constantFrom("the store", "the store's body", "the client", "the lookup", "nobody"),
    after: fc.nat({ max: 2_000 }),
    /** How many steps are taken at the most before it leaves. */
    steps: fc.nat({ max: 20 }),
  }),
  async (world, { wish, how, size, stalls, after, steps }) => {
    await world.start();
    const bytes = content(size, after);
    const request = await wanted(world, wish, bytes);
    const isPut = wish === "put";
    const stands = after % size;
    if (stalls === "the store") world.trouble = () => ({ does: "hang" });
    if (stalls === "the store's body") world.trouble = () => ({ does: "stall", after: stands });
    if (stalls === "the lookup") world.lookup = () => new Promise(() => {});
    const stall = { after: stands, until: new Promise(() => {}) };
    const client = await ask(world, request, {
      sent: stalls === "the client" ? { stall } : {},
      ...(stalls === "the client" && { stopsAfter: stands }),
    });
    await world.drive(() => client.over() || world.steps >= steps, "to rest");
    const { given } = client;
    if (client.over()) return world.expectNothingLeft();
    client.leave(how);
    world.look = (_, asked) => {
      if (asked !== undefined && !asked.options.signal?.aborted)
        world.breach("the store is asked for a client that has left");
    };
    await world.expectNothingLeft();
    // Who keeps the keys need not know of clients.
    const mayHang = stalls === "the lookup";
    if (!mayHang && !(await world.drive(client.outcome!.settled))) world.breach("fetch never settles");
    if (client.given > given) world.breach("the body of a client that has left is read on");
    const whole = world.requests.some(({ method, taken }) => method === "put" && taken === size);
    if (isPut && !whole && (await world.bytesOf()) !== undefined)
      world.breach("a part of a body is published");
  },
);
