import { S3Error } from "../protocol/s3-error.js";
import { Pace, type PaceOptions } from "./pace.js";

//  the store's turn ──pull──▶ the client's turn ──chunk──▶ the store's turn … ──end──▶ over
//    └──no pull for storeTimeout──▶ failed   └──idle, slow──▶ failed

export interface PacedBodyOptions extends PaceOptions {
  /** Milliseconds that the store may leave the body standing. */
  readonly storeTimeout: number;
  /** Called once if the store leaves the body standing: nobody reads it who would hear of an error. */
  readonly onStuck: (why: S3Error) => void;
}

/**
 * The body of a request, held to a pace. While it stands still because of the store, nobody can see whether its client is
 * still there: what says that it has gone comes behind bytes that nobody reads. So that is bounded by time.
 */
export function pacedBody(
  source: ReadableStream<Uint8Array>,
  options: PacedBodyOptions,
): ReadableStream<Uint8Array> {
  const { storeTimeout, onStuck } = options;
  const reader = source.getReader();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let over = false;
  let stuck: ReturnType<typeof setTimeout> | undefined;

  const end = (): void => {
    over = true;
    pace.stop();
    clearTimeout(stuck);
  };
  const fail = (why: S3Error): void => {
    if (over) return;
    end();
    controller.error(why);
    reader.cancel(why).catch(() => {});
  };
  const pace = new Pace(options, (why) => fail(new S3Error("RequestTimeout", TOLD[why])));
  const awaitStore = (): void => {
    stuck = setTimeout(() => {
      const why = new S3Error("ServiceUnavailable", "The store took no byte of the body in time.");
      fail(why);
      onStuck(why);
    }, storeTimeout);
  };

  return new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own;
      },
      async pull() {
        clearTimeout(stuck);
        pace.begin();
        try {
          const { done, value } = await reader.read();
          pace.end(value?.length ?? 0);
          if (over) return;
          if (done) {
            end();
            controller.close();
          } else {
            awaitStore();
            controller.enqueue(value);
          }
        } catch (cause) {
          if (over) return;
          end();
          throw cause;
        }
      },
      async cancel(reason) {
        end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

const TOLD = {
  idle: "Your socket connection to the server was not read from or written to within the timeout period.",
  slow: "Your client sent less than the least number of bytes a second.",
};
