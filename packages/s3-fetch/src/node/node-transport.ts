import * as http from "node:http";
import * as https from "node:https";
import { InvalidValueError } from "@sluice/object-store";
import type { Transport, WireAnswer, WireRequest } from "@sluice/s3-fetch";
import { NodeAnswer } from "./node-answer.js";
import { sendBody } from "./send-body.js";
import { Watch } from "./watch.js";

//  queued ──socket──▶ sending ──all sent──▶ waiting for the head ──head──▶ answered
//                       │  counts while the socket does not drain              the body counts while it is pulled
//                       └──head──▶ answered early: nothing more is sent

export interface NodeTransportOptions {
  /** Connections to one host; requests beyond them wait for one. 50 if left out. */
  readonly maxSockets?: number | undefined;
  /** Milliseconds from the last byte of a request to the head of its answer. 120,000 if left out. */
  readonly headersTimeout?: number | undefined;
  /** Milliseconds in which no byte moves though we are ready for it. 30,000 if left out. */
  readonly idleTimeout?: number | undefined;
  /** For https: `ca`, `cert`, `key` and what else Node's TLS takes. */
  readonly tls?:
    | Pick<
        https.AgentOptions,
        "ca" | "cert" | "key" | "passphrase" | "pfx" | "rejectUnauthorized" | "servername" | "minVersion"
      >
    | undefined;
}

/** Carries requests over Node's own HTTP client, and keeps its connections. */
export interface NodeTransport extends Transport {
  /** Closes the connections. Those of requests in progress are cut. */
  close(): void;
}

// Milliseconds after which a connection that nobody uses is closed: better by us than by the other side, which would
// do it when the next request is on its way.
const UNUSED = 15_000;

/**
 * A transport over `node:http` and `node:https`, for Node and for what is like it: bodies go out in slices of 64 KiB, each
 * when the socket has taken the last, and come in as they came over the wire.
 *
 * @example
 * ```ts
 * const transport = nodeTransport({ maxSockets: 20 });
 * const store = fetchStore({ region: "eu-central-1", credentials, transport });
 * ```
 */
export function nodeTransport(options: NodeTransportOptions = {}): NodeTransport {
  const { maxSockets = 50, headersTimeout = 120_000, idleTimeout = 30_000, tls } = options;
  check("maxSockets", maxSockets);
  check("headersTimeout", headersTimeout);
  check("idleTimeout", idleTimeout);
  const pool = { keepAlive: true, maxSockets, maxFreeSockets: maxSockets, timeout: UNUSED };
  const plain = new http.Agent(pool);
  const secure = new https.Agent({ ...pool, ...tls });
  const send = (request: WireRequest) =>
    new Promise<WireAnswer>((resolve, reject) =>
      exchange({ plain, secure, headersTimeout, idleTimeout }, request, resolve, reject),
    );
  return Object.assign(send, {
    close() {
      plain.destroy();
      secure.destroy();
    },
  });
}

interface Line {
  readonly plain: http.Agent;
  readonly secure: https.Agent;
  readonly headersTimeout: number;
  readonly idleTimeout: number;
}

function exchange(
  { plain, secure, headersTimeout, idleTimeout }: Line,
  { method, origin, target, headers, body, signal }: WireRequest,
  resolve: (answer: WireAnswer) => void,
  reject: (error: unknown) => void,
): void {
  const { protocol, hostname, host, port } = new URL(origin);
  const named: Record<string, string> = { host };
  headers.forEach((value, name) => {
    named[name] = value;
  });
  if (body !== undefined) named["content-length"] = String(body.length);
  else if (method === "PUT" || method === "POST") named["content-length"] = "0";
  const tls = protocol === "https:";
  const request = (tls ? https : http).request({
    agent: tls ? secure : plain,
    method,
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port,
    // As it was signed, which is what a URL would not keep.
    path: target,
    headers: named,
  });
  let answered: http.IncomingMessage | undefined;
  const watch = new Watch((error) => (answered ?? request).destroy(error));
  // Milliseconds that the other side has for what is due next; undefined while our own side is waited for.
  let due: number | undefined = idleTimeout;
  const count = (ms = due) => {
    if (ms === undefined) watch.rest();
    else if (request.socket) watch.wait(ms);
  };
  let stopSending = () => {};
  const fail = (error: unknown) => {
    stopSending();
    watch.end();
    reject(error);
  };
  signal.addEventListener(
    "abort",
    () => {
      fail(signal.reason);
      request.destroy();
    },
    { once: true },
  );
  request.on("error", fail);
  request.on("socket", (socket) => {
    // Until there is one, it is our own other requests that are waited for.
    if (socket.connecting) socket.once(tls ? "secureConnect" : "connect", () => count());
    count(socket.connecting ? idleTimeout : due);
  });
  request.on("response", (message) => {
    stopSending();
    answered = message;
    due = undefined;
    watch.rest();
    try {
      resolve(new NodeAnswer(message, method === "HEAD", watch, idleTimeout));
    } catch (error) {
      // A header that the web's Headers refuse: thrown from here it would end the process.
      fail(error);
      request.destroy();
    }
  });
  if (body === undefined) {
    due = headersTimeout;
    request.end();
    return;
  }
  const turn = (next: number | undefined) => () => {
    due = next;
    count();
  };
  stopSending = sendBody(request, body, {
    onWait: turn(idleTimeout),
    onRest: turn(undefined),
    onEnd: turn(headersTimeout),
  });
}

function check(what: string, value: number): void {
  const most = 2 ** 31 - 1;
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new InvalidValueError(what, value, `a whole number from 1 to ${most}`);
  }
}
