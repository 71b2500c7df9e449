import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type ObjectStore, StoreError } from "@sluice/object-store";
import { type FetchStoreOptions, fetchStore } from "@sluice/s3-fetch";
import { type NodeStore, type NodeTransportOptions, nodeStore } from "@sluice/s3-fetch/node";
import type { Kind } from "./real-server.js";

/** A request as it came over the wire. */
export interface Recorded {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders: readonly string[];
  body: Buffer;
  readonly socket: Socket;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, seen: Recorded) => void;

/** A server that answers as told, and remembers what it was asked. */
export class Recorder implements AsyncDisposable {
  readonly seen: Recorded[] = [];
  answer: Answer = (_request, response) => response.setHeader("etag", '"e"').end();
  /** Answer before the body has come, or after. */
  early = false;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #stores: NodeStore[] = [];

  static async start(): Promise<Recorder> {
    const recorder = new Recorder();
    await new Promise<void>((resolve) => recorder.#server.listen(0, "127.0.0.1", resolve));
    return recorder;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A store that asks this server. */
  store(kind: Kind = "node", more: Partial<FetchStoreOptions> & NodeTransportOptions = {}): ObjectStore {
    const options = {
      endpoint: this.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "KEYKEYKEY", secretAccessKey: "secretsecret" },
      ...more,
    };
    if (kind === "fetch") return fetchStore(options);
    const store = nodeStore(options);
    this.#stores.push(store);
    return store;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#stores) store.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers, rawHeaders, socket } = request;
    const seen: Recorded = { method, url, headers, rawHeaders, body: Buffer.alloc(0), socket };
    this.seen.push(seen);
    if (this.early) return this.answer(request, response, seen);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the client has left in the middle of its body
    }
    seen.body = Buffer.concat(chunks);
    this.answer(request, response, seen);
  }
}

export const xml =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, { "content-type": "application/xml", ...headers }).end(body);

export const s3Error = (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  xml(
    status,
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>about ${code}</Message></Error>`,
    headers,
  );

/** What a request has failed with, which must be the port's one kind of error. */
export async function failureOf(request: Promise<unknown>): Promise<StoreError> {
  const error = await request.then(
    () => "no failure",
    (why: unknown) => why,
  );
  if (error instanceof StoreError) return error;
  throw new Error("this should have failed with a StoreError", { cause: error });
}

/** Bytes that are all different from their neighbours, so that a shift shows. */
export const bytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);

export function streamOf(
  chunks: readonly Uint8Array[],
  onCancel: (reason: unknown) => void = () => {},
): ReadableStream<Uint8Array> {
  const rest = [...chunks];
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = rest.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );
}
