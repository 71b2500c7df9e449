import type { ServerResponse } from "node:http";
import type { Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import { type Consumer, Hold, type TimeBudgets } from "@sluice/release";

//  HTTP/1   finish: the operating system has the last byte. close without it: the peer is gone.
//  HTTP/2   finish: the session has the last byte, which may sit behind those of others. close: it has left.

/** A response of `node:http` or `node:https`, and both of `node:http2`. */
export type NodeResponse = ServerResponse | Http2ServerResponse | ServerHttp2Stream;

/**
 * Calls `release` once, when the last byte of the response has left the process, or the peer is gone, and never before.
 * A response of HTTP/2 is over when its stream is: with a request body that nobody reads, when the client has ended that.
 *
 * With `idleTimeout` a response whose bytes the peer does not take for so many milliseconds is destroyed with
 * `ERR_STALLED`, and its connection reset if it is plain HTTP/1; what the handler takes does not count, nor, on HTTP/2, a time in which the connection gets on with
 * other responses. With `lifetime`, one that takes longer.
 *
 * Throws `ERR_INVALID_VALUE` for options; then nothing is released.
 *
 * @example
 * ```ts
 * const permit = await budget.acquire(size);
 * releaseOnResponse(response, () => permit.release(), { idleTimeout: 30_000 });
 * ```
 */
export function releaseOnResponse(response: NodeResponse, release: () => void, options?: TimeBudgets): void {
  const hold = new Hold(release, options);
  const stream = "stream" in response ? response.stream : response;
  if (stream.destroyed || (!("session" in stream) && stream.writableFinished)) {
    hold.release();
    return;
  }
  const leave = "session" in stream ? onClose(stream, over) : onFinish(stream, over);
  hold.watch(new Peer(stream, over));
  function over(): void {
    leave();
    hold.release();
  }
}

function onClose(stream: ServerHttp2Stream, over: () => void): () => void {
  stream.once("close", over);
  return () => stream.off("close", over);
}

function onFinish(response: ServerResponse, over: () => void): () => void {
  response.once("finish", over).once("close", over);
  const { socket } = response.req;
  // Behind another response on the same connection, it would not hear that this is gone.
  const queued = response.socket === null;
  if (queued) socket.setMaxListeners(socket.getMaxListeners() + 1).once("close", over);
  return () => {
    response.off("finish", over).off("close", over);
    if (queued) socket.off("close", over).setMaxListeners(socket.getMaxListeners() - 1);
  };
}

interface Handle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/** Whoever takes the bytes of a response. */
class Peer implements Consumer {
  readonly #stream: ServerResponse | ServerHttp2Stream;
  readonly #over: () => void;
  #unsent = 0;
  #sent = 0;

  constructor(stream: ServerResponse | ServerHttp2Stream, over: () => void) {
    this.#stream = stream;
    this.#over = over;
  }

  waits(): boolean {
    return this.#unsent === 0;
  }

  gotOn(): boolean {
    const stream = this.#stream;
    const socket = "session" in stream ? stream.session?.socket : stream.socket;
    const handle = (socket as { _handle?: Handle | null } | null | undefined)?._handle;
    // No connection yet: the peer has to take another response first.
    if (!handle) {
      this.#unsent = 0;
      return true;
    }
    // What the operating system has not taken counts: one large write goes out bit by bit. Node's own time-outs of
    // sockets look at this number as well.
    const { bytesWritten, writeQueueSize } = handle;
    const before = this.#sent;
    this.#sent = bytesWritten - writeQueueSize;
    this.#unsent = stream.writableLength + writeQueueSize;
    return this.#sent !== before;
  }

  lose(why: Error): void {
    const stream = this.#stream;
    // With nobody there to hear of it, the error would end the process.
    stream.once("error", () => {});
    reset(stream as Partial<ServerResponse>);
    stream.destroy(why);
    this.#over();
  }
}

/** Not closed: the operating system would go on to offer what it has to a peer that takes nothing. */
function reset({ socket }: Partial<ServerResponse>): void {
  try {
    socket!.resetAndDestroy();
  } catch {
    // Only a connection of plain TCP can be: what goes over TLS or a pipe is closed, and so is a stream of HTTP/2.
  }
}
