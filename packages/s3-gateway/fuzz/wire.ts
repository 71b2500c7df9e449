import { serve } from "@sluice/s3-gateway/node";
import fc from "fast-check";
import { RawConnection } from "../test/raw-connection.js";
import { checkAnswer } from "./answers.js";
import { bytesOf, latin1, mutated, places, split } from "./mutation.js";
import { drafts, goodDrafts, wireOf } from "./requests.js";
import { demand, type FuzzTarget } from "./target.js";
import { makeWorld, type World } from "./world.js";

// What Node's own parser answers, before there is a request.
const OF_NODE = new Set([400, 408, 413, 417, 431]);

/** Bytes on a connection. */
export const wire: FuzzTarget = {
  name: "wire",
  runs: 60,
  async open() {
    const world = await makeWorld();
    const serving = await serve(world.gateway, { port: 0, graceTimeout: 0 });
    const good = goodDrafts(world.uploadId).map((draft) => wireOf(draft));
    const bytes = fc.oneof(
      { arbitrary: mutated(fc.constantFrom(...good), 3), weight: 4 },
      { arbitrary: drafts(world.uploadId).map((draft) => wireOf(draft)), weight: 2 },
      fc.tuple(drafts(world.uploadId), fc.nat(200)).map(([draft, length]) => wireOf(draft, length)),
      latin1(80),
    );
    const property = fc.asyncProperty(bytes, places, (text, at) => exchanged(world, serving.port, text, at));
    return { property, close: () => serving.close() };
  },
};

async function exchanged(world: World, port: number, text: string, at: readonly number[]): Promise<void> {
  const before = await world.state();
  const connection = await RawConnection.open(port);
  for (const piece of split(bytesOf(text), at)) connection.write(piece);
  connection.end();
  const method = /^[A-Z]+/.exec(text)?.[0] ?? "";
  const answer = await connection.answer(method);
  await connection.untilClosed();
  await idle(world);
  const internal = world.internal();
  demand(internal === undefined, `an internal error: ${JSON.stringify(internal)}`);
  if (answer !== undefined) {
    const headers = new Headers(answer.headers);
    if (headers.has("x-amz-request-id")) checkAnswer(answer.status, headers, answer.text, method);
    else demand(OF_NODE.has(answer.status), `an answer of ${answer.status} that is not ours`);
  }
  // Of two requests on one connection the answer that was lost may have been the good one, and Node answers in our
  // place when something follows that is none.
  const single = text.split("HTTP/1.").length <= 2 && answer?.headers["x-amz-request-id"] !== undefined;
  if (single && answer.status >= 400) {
    demand((await world.state()) === before, "a refused request has changed something");
  }
}

/** A client that has left is noticed some turns of the event loop later. */
async function idle({ budget }: World): Promise<void> {
  while (budget.held > 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
