import { Program } from "../flood/program.js";
import type { ClientConfig, Figures } from "./client.js";
import type { Certificate, Place } from "./place.js";
import type { Given, Listening, SinkConfig } from "./sink.js";

/** What one pass asks of the two processes; the rest is the same for all. */
export interface Pass extends Omit<ClientConfig, "endpoint" | "deadline" | "budget"> {
  readonly certificate?: Certificate | undefined;
  /** Milliseconds that the sink holds back its answers. */
  readonly delay: number;
  /** Milliseconds. */
  readonly deadline: number;
}

/**
 * Uploads once, from a process of its own to a sink that is another one.
 *
 * - **Order:** one at a time, or they take each other's processor.
 * - **Abort:** both processes are stopped, and this rejects.
 * - **Errors:** if a process ended without a word, or the sink was not given every byte.
 */
export async function pass(
  place: Place,
  { certificate, delay, deadline, ...rest }: Pass,
  signal: AbortSignal,
): Promise<Figures> {
  return withSink(
    place,
    { tls: certificate, delay, deadline: deadline + 5_000 },
    signal,
    async (endpoint, given) => {
      const config: ClientConfig = { ...rest, endpoint, deadline };
      const flags = rest.live ? ["--expose-gc"] : [];
      const trusting = certificate === undefined ? [] : ["env", `NODE_EXTRA_CA_CERTS=${certificate.cert}`];
      const node = [process.execPath, ...flags, place.client, JSON.stringify(config)];
      const client = new Program([...trusting, ...node], signal);
      const figures = await client.next<Figures>();
      const { said } = await client.exit;
      if (figures === undefined) throw new Error(`${rest.subject} ended early: ${said}`);
      const { bytes } = await given();
      const sent = rest.bytes + rest.warmUp;
      if (bytes !== sent)
        throw new Error(`${rest.subject} was to send ${sent} bytes, the sink was given ${bytes}`);
      return figures;
    },
  );
}

/**
 * Starts a sink, lets the task use it, and ends it.
 *
 * - **Order:** the sink is gone when this resolves.
 * - **Abort:** the sink is stopped; the task is to stop by the same signal.
 * - **Errors:** those of the task; if the sink did not start, or ended before it said what it was given.
 */
export async function withSink<R>(
  place: Place,
  config: SinkConfig,
  signal: AbortSignal,
  task: (endpoint: string, given: () => Promise<Given>) => Promise<R>,
): Promise<R> {
  const sink = new Program([process.execPath, place.sink, JSON.stringify(config)], signal);
  try {
    const listening = await sink.next<Listening>();
    if (listening === undefined) throw new Error(`the sink did not start: ${(await sink.exit).said}`);
    return await task(listening.endpoint, async () => {
      sink.end();
      const given = await sink.next<Given>();
      if (given === undefined) throw new Error(`the sink ended early: ${(await sink.exit).said}`);
      return given;
    });
  } finally {
    sink.end();
    await sink.exit;
  }
}
