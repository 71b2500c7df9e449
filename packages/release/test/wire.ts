import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import { type AdmissionOptions, admission } from "@sluice/release/express";

/** A connection without a network: everything that is going to happen does so within a few turns of the event loop. */
export class Wire extends Duplex {
  /** What the client was told. */
  told = "";
  ended = false;

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.told += chunk;
    done();
  }

  override _final(done: () => void): void {
    this.ended = true;
    done();
  }
}

export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Says the head of a request, and what of its body comes along, to a server that listens to nobody else. */
export async function say(listener: RequestListener, head: string, body = ""): Promise<Wire> {
  const wire = new Wire();
  wire.on("error", () => undefined);
  // Lenient: what a strict parser refuses has to be judged as well.
  const server = createServer({ insecureHTTPParser: true }, listener);
  server.emit("connection", wire);
  wire.push(`${head}\r\nhost: a\r\n\r\n${body}`);
  await settled();
  return wire;
}

type Options = AdmissionOptions<{ method?: string }>;

/** The middleware of Express, which is a function of request, response and what comes next. */
export function listenerOf(
  options: Options,
  handler: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  onError: (error: unknown) => void = () => undefined,
): RequestListener {
  const middleware = admission(options);
  return (incoming, outgoing) =>
    middleware(incoming as never, outgoing as never, (error?: unknown) => {
      if (error === undefined) handler(incoming, outgoing);
      else onError(error);
    });
}
