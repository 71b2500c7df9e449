import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Refusal } from "../admission.js";

/** Bytes that are worth reading for nothing, so that the connection can be used again. */
const SMALL = 256 * 1024;
/** Milliseconds that are spent on a body which nobody wants. */
const LONGEST_LINGERING = 5_000;

/**
 * Answers a request in place of its handler. If much of a body may still come, the answer is sent at once, but the
 * connection is closed only behind the body, or after 5 seconds: closed with bytes unread it is reset, and the reset
 * overtakes the answer. `rest` settles when no more comes of a body that somebody has begun to read.
 */
export async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, text }: Refusal,
  others: OutgoingHttpHeaders,
  rest?: Promise<void>,
): Promise<void> {
  // Heard of by "close"; without a listener it would end the process.
  response.on("error", () => {});
  const body = request.method === "HEAD" ? undefined : text;
  // What is left of a small body, Node drops itself.
  if (isSmall(request)) {
    response.writeHead(status, { ...others, ...headers }).end(body);
    return;
  }
  response.shouldKeepAlive = false;
  response.writeHead(status, { ...others, ...headers });
  if (body === undefined) response.flushHeaders();
  else response.write(body);
  const deadline = setTimeout(() => response.destroy(), LONGEST_LINGERING);
  await (rest ?? dropRest(request));
  clearTimeout(deadline);
  response.end();
}

// HTTP/2 has a stream for each request, and no connection that would have to be kept. Without a length, it is not small.
const isSmall = ({ complete, headers, httpVersionMajor }: IncomingMessage): boolean =>
  complete || httpVersionMajor > 1 || Number(headers["content-length"]) <= SMALL;

/** Takes and drops what is left of a body. Resolves when nothing more comes. */
const dropRest = (request: IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    // It closes behind its end as well.
    request.once("close", () => resolve()).resume();
  });
