import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Gateway } from "@sluice/s3-gateway";
import { requestBody } from "./request-body.js";
import { requestUrl } from "./request-target.js";
import { sendResponse } from "./send-response.js";
import { dropRest, isSmall } from "./unread-body.js";

export interface HandleOptions {
  /** Whether the client waits for a "100 Continue" before it sends the body. */
  readonly asksFirst: boolean;
  /** Aborts when the server closes: then no connection is kept, and nobody waits for the budget. */
  readonly closing: AbortSignal;
}

/** How many headers a request may have. S3 bounds only their size. */
const MOST_HEADERS = 256;

/** Passes one request of Node's server to the gateway, and the gateway's answer back. Never rejects. */
export async function handle(
  gateway: Pick<Gateway, "fetch">,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { asksFirst, closing }: HandleOptions,
): Promise<void> {
  outgoing.on("error", () => {});
  try {
    if (incoming.rawHeaders.length > 2 * MOST_HEADERS) return refuse(incoming, outgoing, TOO_MANY_HEADERS);
    const url = requestUrl(incoming);
    if (url === undefined) return refuse(incoming, outgoing, INVALID_URI);
    if ((incoming.socket as TLSSocket).encrypted) url.protocol = "https:";
    const peer = incoming.socket.remoteAddress;
    const left = new AbortController();
    let wanted = false;
    const body = hasBody(incoming)
      ? requestBody(incoming, () => {
          wanted = true;
          if (asksFirst) outgoing.writeContinue();
        })
      : null;
    const request = toRequest(url, incoming, body?.stream ?? null, left.signal);
    // The closure keeps the request alive as well: in some versions of Node its signal dies with it.
    outgoing.once(
      "close",
      () => !outgoing.writableFinished && left.abort(new ClientLeftError(request.method)),
    );
    const response = await gateway.fetch(request, { peer, closing });
    if (closing.aborted) outgoing.shouldKeepAlive = false;
    if (body === null || outgoing.destroyed) return await sendResponse(response, outgoing);
    body.drop();
    // Whether a client that was not told to go on sends its body all the same, nobody knows.
    const keep = isSmall(incoming) && (wanted || !asksFirst);
    const rest = dropRest(incoming);
    if (keep) return await sendResponse(response, outgoing);
    outgoing.shouldKeepAlive = false;
    await sendResponse(response, outgoing, rest);
  } catch {
    outgoing.destroy();
  }
}

/** Why a request was given up: nobody waits for its answer any more. */
export class ClientLeftError extends Error {
  override readonly name = "ClientLeftError";
  readonly code = "ERR_CLIENT_LEFT";
  readonly method: string;
  constructor(method: string) {
    super(`the client closed the connection of its ${method} request`);
    this.method = method;
  }
}

const hasBody = ({ method, headers }: IncomingMessage): boolean =>
  method !== "GET" &&
  method !== "HEAD" &&
  (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0);

function toRequest(
  url: URL,
  { method = "GET", rawHeaders }: IncomingMessage,
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): Request {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  // `duplex` is missing in the types, and demanded by every runtime that streams a request.
  const init: RequestInit & { duplex: "half" } = { method, headers, body, signal, duplex: "half" };
  return new Request(url, init);
}

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const INVALID_URI = { status: 400, code: "InvalidURI", message: "Couldn't parse the specified URI." };
const TOO_MANY_HEADERS = {
  status: 400,
  code: "RequestHeaderSectionTooLarge",
  message: `A request may have at most ${MOST_HEADERS} headers.`,
};

function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, code, message }: Refused,
): void {
  outgoing.shouldKeepAlive = false;
  outgoing.writeHead(status, { "content-type": "application/xml" });
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  outgoing.end(incoming.method === "HEAD" ? undefined : text);
  void dropRest(incoming);
}
