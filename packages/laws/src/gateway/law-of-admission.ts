import fc from "fast-check";
import { law } from "./law.js";
import { ask, isLight, WISHES, wanted } from "./requests.js";

// Milliseconds. They really pass, since waiting is what is judged; nothing is judged by how late it is.
const SHORT = 4;

export const G3 = law(
  {
    id: "G3",
    says: "At an exhausted budget HEAD and DELETE pass; GET, PUT and POST wait up to the time budget, then get 503 SlowDown with Retry-After, before any 100-continue.",
    hint: "what is done before the budget is asked, and what becomes of its refusal",
    sins: [
      ...(["shedsAtOnce", "waitsForEver", "hidesWhen", "saysInternalError", "holdsForHead"] as const),
      ...(["holdsForDelete", "readsBeforeItIsLetIn", "asksTheStoreFirst"] as const),
    ],
  },
  fc.record({
    wish: fc.constantFrom(...WISHES),
    freed: fc.boolean(),
    asksFirst: fc.boolean(),
    size: fc.nat({ max: 2_000 }),
  }),
  async (world, { wish, freed, asksFirst, size }) => {
    await world.start({ waitTimeout: freed ? 30_000 : SHORT });
    const { draft, body } = await wanted(world, wish, new Uint8Array(size).fill(7));
    const headers = { ...draft.headers, ...(asksFirst && body !== undefined && { expect: "100-continue" }) };
    const others = await world.budget.acquire(world.budget.capacity);
    let exhausted = true;
    world.look = () => {
      if (!exhausted || isLight(wish)) return;
      if (world.requests.length > 0) world.breach("the store is asked before there is room");
      if (world.clients.some(({ asked }) => asked > 0))
        world.breach("the body is asked for before there is room");
    };
    const client = await ask(world, { draft: { ...draft, headers }, body });
    if (isLight(wish)) {
      await world.finish();
      if (!client.ok) world.breach(`it is answered ${client.status}`);
      others.release();
      return world.expectNothingLeft();
    }
    if (freed) {
      const inLine = () => world.budget.waiting > 0 || client.over();
      if (!(await world.drive(inLine)) || client.over()) world.breach("it does not wait for the budget");
      exhausted = false;
      others.release();
      await world.finish();
      if (!client.ok) world.breach(`it is answered ${client.status} ${client.code}`);
    } else {
      await world.finish();
      others.release();
      const { status, code, response } = client;
      if (status !== 503 || code !== "SlowDown") world.breach(`it is answered ${status} ${code}`);
      if (!/^\d+$/.test(response?.headers.get("retry-after") ?? ""))
        world.breach("it is not told when to try again");
    }
    await world.expectNothingLeft();
  },
);
