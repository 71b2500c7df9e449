import { Duplex, Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { nodeReadableKind, type ReleaseLike, releaseLaws, webKinds } from "@sluice/laws";
import { admit, type Ending, releaseOnEnd } from "@sluice/release";
import { test } from "vitest";

setFlagsFromString("--expose-gc");
globalThis.gc = runInNewContext("gc");

// The laws know streams of any kind; the types of Sluice name those that it knows.
const subject: ReleaseLike = {
  releaseOnEnd: (stream, release, options) =>
    releaseOnEnd(stream as unknown as Ending, release, options) as unknown as typeof stream,
  admit: ((semaphore, weight, open) => admit(semaphore, weight, open as never)) as ReleaseLike["admit"],
};

const nodeKinds = [Readable, Duplex].map((kind) => nodeReadableKind(kind as never));

// Mutation testing asks for few schedules, the same ones for every mutant, and for nothing that the clock decides.
const asked = (name: string) => (process.env[name] ? Number(process.env[name]) : undefined);
const effort = { runs: asked("SLUICE_LAW_RUNS"), seed: asked("SLUICE_LAW_SEED") };
const byTheClock = process.env.SLUICE_LAWS_WITHOUT ? ["R6", "R7"] : [];

for (const kind of [...webKinds(), ...nodeKinds]) {
  for (const { id, says, run } of releaseLaws(() => subject, {}, [kind])) {
    if (!byTheClock.includes(id)) test(`${id}, ${kind.name}: ${says}`, () => run(effort));
  }
}
