import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { TooLargeError } from "@sluice/release";
import { releaseOnResponse } from "@sluice/release/node";
import { type Admission, isRefusal, tooLarge } from "../admission.js";
import { contentLength } from "../content-length.js";
import { limitRequest } from "./limit-request.js";
import { refuse } from "./refuse.js";

//  arrived ──admitted──▶ handled ──last byte of the response has left, body over──▶ permit back
//     ├────refused────▶ answered here
//     └────client left▶ nothing more to do

/** Milliseconds in which a body must end that its handler has left. */
const LONGEST_REST = 5_000;

/** Why a request stands in line no longer: nobody waits for its answer. */
export class ClientLeftError extends Error {
  override readonly name = "ClientLeftError";
  readonly code = "ERR_CLIENT_LEFT";
  constructor() {
    super("the client has closed the connection");
  }
}

/**
 * Decides on one exchange of Node's server. Resolves with whether it is the handler's; if not, it has been answered, or
 * its client has left. `takeOver` is called before an answer is sent here, and returns the headers to send with it.
 *
 * - **Order:** that of the budget.
 * - **Abort:** the client's leaving ends the wait.
 * - **Errors:** those of `Admission.enter`, with nothing answered.
 */
export async function admitExchange<Request>(
  admission: Admission<Request>,
  subject: Request,
  request: IncomingMessage,
  response: ServerResponse,
  takeOver: () => OutgoingHttpHeaders,
): Promise<boolean> {
  if (response.destroyed) return false;
  const left = new AbortController();
  const onClose = (): void => left.abort(new ClientLeftError());
  response.once("close", onClose);
  const onTooLarge = (error: TooLargeError, rest: Promise<void>): void => {
    left.abort(error);
    const fail = (): unknown => request.once("error", () => {}).destroy(error);
    if (response.headersSent) {
      fail();
      // Over HTTP/2, what is cut off without an error looks like a whole response to some clients.
      response.destroy(error);
      return;
    }
    response.once("close", fail);
    void refuse(request, response, tooLarge(error.limit), takeOver(), rest);
  };
  const declared = lengthOf(request);
  const { maxBody, timeBudgets } = admission;
  const unlimit =
    maxBody !== undefined && declared === undefined && mayHaveBody(request)
      ? limitRequest(request, maxBody, onTooLarge)
      : () => {};
  try {
    const verdict = await admission.enter(subject, declared, left.signal);
    if (isRefusal(verdict)) {
      unlimit();
      void refuse(request, response, verdict, takeOver());
      return false;
    }
    releaseOnResponse(response, () => onBodyOver(request, () => verdict.release()), timeBudgets);
    return true;
  } catch (error) {
    if (left.signal.aborted && error === left.signal.reason) return false;
    throw error;
  } finally {
    response.off("close", onClose);
  }
}

// With both headers, which only a lenient parser lets through, the length is not what counts.
const lengthOf = ({ headers }: IncomingMessage): number | undefined =>
  headers["transfer-encoding"] === undefined ? contentLength(headers["content-length"]) : undefined;

const mayHaveBody = ({ headers, httpVersionMajor }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || httpVersionMajor > 1;

/** Calls `release` when the body has come to its end, or nobody reads it any more: then it is dropped. */
function onBodyOver(request: IncomingMessage, release: () => void): void {
  // Behind its response, a message of HTTP/1 does not hear that its connection is gone.
  const connection = request.httpVersionMajor > 1 ? request : request.socket;
  const isOver = request.complete || connection.destroyed;
  if (!isOver && request.listenerCount("data") + request.listenerCount("readable") > 0) {
    const over = (): void => {
      request.off("end", over);
      connection.off("close", over);
      release();
    };
    request.once("end", over);
    connection.once("close", over);
    return;
  }
  release();
  if (isOver) return;
  const deadline = setTimeout(() => request.destroy(), LONGEST_REST);
  deadline.unref();
  const stop = (): void => clearTimeout(deadline);
  connection.once("close", stop);
  request.once("end", stop).resume();
}
