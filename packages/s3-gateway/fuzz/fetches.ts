import fc from "fast-check";
import { checkAnswer } from "./answers.js";
import { bytesOf, places, split } from "./mutation.js";
import { type Draft, drafts } from "./requests.js";
import { demand, type FuzzTarget } from "./target.js";
import { makeWorld, type World } from "./world.js";

/** Whole requests, without a socket. */
export const fetches: FuzzTarget = {
  name: "requests",
  runs: 200,
  async open() {
    const world = await makeWorld();
    const property = fc.asyncProperty(
      drafts(world.uploadId),
      places,
      fc.boolean(),
      async (draft, at, leaves) => {
        const request = requestOf(draft, at);
        if (request === undefined) return;
        await answered(world, request, leaves);
      },
    );
    return { property, close: () => Promise.resolve() };
  },
};

function requestOf({ method, target, headers, body }: Draft, at: readonly number[]): Request | undefined {
  const pieces = split(bytesOf(body), at);
  let i = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[i++];
        if (piece === undefined) controller.close();
        else if (piece.length > 0) controller.enqueue(piece);
        else return this.pull?.(controller);
      },
    },
    { highWaterMark: 0 },
  );
  const has = method === "PUT" || method === "POST";
  try {
    const all: [string, string][] = headers.map(([name, value]) => [name, value]);
    if (has) all.push(["content-length", String(body.length)]);
    const init = { method, headers: all, body: has ? stream : null, duplex: "half" } as RequestInit;
    return new Request(`http://localhost${target}`, init);
  } catch {
    return undefined;
  }
}

async function answered(world: World, request: Request, leaves: boolean): Promise<void> {
  const before = await world.state();
  const answer = await world.gateway.fetch(request);
  const internal = world.internal();
  demand(internal === undefined, `an internal error: ${JSON.stringify(internal)}`);
  if (leaves && answer.ok) {
    await answer.body?.cancel("enough");
  } else {
    checkAnswer(answer.status, answer.headers, await answer.text(), request.method);
  }
  demand(world.budget.held === 0, `${world.budget.held} bytes are still held`);
  if (answer.status >= 400)
    demand((await world.state()) === before, "a refused request has changed something");
}
