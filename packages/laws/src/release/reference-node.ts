import { referenceClock } from "./reference-clock.js";
import { watchForLeaks } from "./reference-leaks.js";
import { type ReleaseSins, spent } from "./reference-sins.js";
import type { ReleaseLikeOptions } from "./subject.js";

type Done = (error: Error | null) => void;

/** Node's `stream.Readable`, with what a subclass may override. */
interface Readable {
  readonly readableLength: number;
  read(size?: number): unknown;
  push(chunk: unknown): boolean;
  destroy(error?: Error): unknown;
  _destroy(error: Error | null, done: Done): void;
  end?: (() => void) | undefined;
  once(event: string, listener: () => void): unknown;
  listenerCount(event: string): number;
}

export const isReadable = (it: object): it is Readable => "readableLength" in it;

/** A Node stream, which is only listened to. */
export function readable(
  stream: Readable,
  once: () => void,
  sins: ReleaseSins,
  options: ReleaseLikeOptions,
): Readable {
  let lost = false;
  let stop = () => {};
  const over = () => {
    stop();
    forget();
    if (!lost) once();
  };
  stream.once(sins.neverOnError || sins.neverOnLeave ? "end" : "close", over);
  if (sins.onErrorAndAgainWhenLeft) stream.once("error", once);
  const lose = (budget: string) => {
    stop();
    lost = true;
    stream.once("error", () => {});
    if (sins.leavesStalledSourceRunning) stream._destroy = runsOn;
    if (sins.endsInsteadOfFailing) stream.push(null);
    else stream.destroy(spent(budget, sins));
    if (!sins.keepsThePermit) once();
  };
  const reading = {
    asked: false,
    get waiting() {
      return stream.readableLength === 0 && stream.listenerCount("readable") > 0;
    },
  };
  const start = () => {
    stop = referenceClock(options, sins, reading, lose);
  };
  if (!sins.startsWithTheFirstRead) start();
  const { read } = stream;
  stream.read = (size) => {
    const chunk = read.call(stream, size);
    if (sins.startsWithTheFirstRead && !reading.asked) start();
    if (chunk !== null) reading.asked = true;
    return chunk;
  };
  const forget = watchForLeaks(stream, NOBODY, once, sins, options);
  tamper(stream, once, sins);
  return stream;
}

// What is collected takes its source along.
const NOBODY = { cancel: async () => {} };

const runsOn = (error: Error | null, done: Done): void => done(error);

/** The sins of a wrapper, on a stream that is not wrapped. */
function tamper(stream: Readable, once: () => void, sins: ReleaseSins): void {
  const { push, destroy, _destroy } = stream;
  if (sins.whenSourceHasEnded || sins.copiesChunks) {
    stream.push = (chunk) => {
      if (chunk === null && sins.whenSourceHasEnded) once();
      return push.call(stream, chunk && sins.copiesChunks ? { ...(chunk as object) } : chunk);
    };
  }
  if (sins.readsAhead) stream.read(0);
  if (sins.wrapsErrors) {
    stream.destroy = (cause) => destroy.call(stream, cause && new Error("the source has failed", { cause }));
  }
  if (sins.leavesSourceRunning) stream._destroy = runsOn;
  if (sins.cancelsWithoutReason) {
    stream._destroy = (error, done) => _destroy.call(stream, null, () => done(error));
  }
  if (sins.letsReleaseThrow) {
    stream._destroy = (error, done) => {
      try {
        once();
        _destroy.call(stream, error, done);
      } catch (fault) {
        _destroy.call(stream, fault as Error, done);
      }
    };
  }
  // A Readable passes for a Duplex, and a Duplex for a Readable.
  if (sins.losesTheKind) stream.end = stream.end ? undefined : () => {};
}
