import type { IncomingMessage } from "node:http";

//  paused ──pull──▶ flowing ──chunk──▶ paused … ──end──▶ closed
//    └──────────────────┴──────error, connection lost──▶ failed
//
// By hand, and not by Readable.toWeb: that one reads ahead of its consumer.

export interface RequestBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** From now on nobody wants what may still come. */
  drop(): void;
}

/** The body of a request as a web stream that holds no more than the chunk that was asked for. */
export function requestBody(request: IncomingMessage, onFirstPull: () => void): RequestBody {
  let pulled: (() => void) | undefined;
  let over = false;
  let begun = false;

  const drop = (): void => {
    over = true;
  };

  // Paused before it is listened to, or the flow would begin at once.
  request.pause();
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const settle = (): void => {
          const resolve = pulled;
          pulled = undefined;
          resolve?.();
        };
        const fail = (error: Error): void => {
          if (over) return;
          over = true;
          controller.error(error);
          settle();
        };
        request.on("data", (chunk: Uint8Array) => {
          if (over) return;
          request.pause();
          controller.enqueue(chunk);
          settle();
        });
        request.on("end", () => {
          if (over) return;
          over = true;
          controller.close();
          settle();
        });
        request.on("error", fail);
        request.on("close", () => fail(new Error("the connection was closed within the body")));
      },
      pull() {
        if (!begun) {
          begun = true;
          onFirstPull();
        }
        return new Promise((resolve) => {
          pulled = resolve;
          request.resume();
        });
      },
      cancel: drop,
    },
    { highWaterMark: 0 },
  );
  return { stream, drop };
}
