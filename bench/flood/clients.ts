import { setMaxListeners } from "node:events";
import { client, type Fate, type Kind, type Wanted } from "./client.js";

// node clients.js CONFIG: all clients at once, in one process; says their fates.

export interface ClientsConfig extends Wanted {
  readonly crowd: Readonly<Partial<Record<Kind, number>>>;
  /** How often each of them comes. */
  readonly times: number;
  /** Milliseconds after which all hang up. */
  readonly deadline: number;
}

export interface Fates {
  readonly fates: readonly Fate[];
  readonly seconds: number;
}

const config = JSON.parse(process.argv[2]!) as ClientsConfig;
setTimeout(() => process.exit(3), config.deadline + 5_000).unref();
// If whoever started this is gone, nobody wants to know.
process.stdin.resume().once("close", () => process.exit(4));

const over = new AbortController();
setMaxListeners(0, over.signal);
setTimeout(() => over.abort(), config.deadline).unref();

async function visits(kind: Kind): Promise<Fate> {
  let fate = await client(kind, config, over.signal);
  for (let n = 1; n < config.times && fate.end === "whole"; n++) {
    fate = await client(kind, config, over.signal);
  }
  return fate;
}

// In turns, so that no kind is in front of all others.
function mixed(crowd: ClientsConfig["crowd"]): Kind[] {
  const places = Object.entries(crowd).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, nth) => ({ kind: kind as Kind, at: (nth + 0.5) / count })),
  );
  return places.sort((a, b) => a.at - b.at).map(({ kind }) => kind);
}

const began = performance.now();
const all = mixed(config.crowd).map((kind) => ({ kind, fate: visits(kind) }));
// Who stops reading stays until everybody else has gone.
await Promise.all(all.filter(({ kind }) => kind !== "stops").map(({ fate }) => fate));
const seconds = (performance.now() - began) / 1_000;
over.abort();
const fates = await Promise.all(all.map(({ fate }) => fate));
process.stdout.write(`${JSON.stringify({ fates, seconds } satisfies Fates)}\n`, () => process.exit(0));
