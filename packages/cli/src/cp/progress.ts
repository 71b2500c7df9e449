import { SingleBar } from "cli-progress";
import { explain } from "../explain.js";
import type { Screen } from "../io.js";
import { sizeText, speedText } from "../size-text.js";

export interface Progress {
  /** Such as `"upload"`. */
  readonly phase: string;
  /** Bytes that have arrived. */
  readonly loaded: number;
  /** Bytes in all, where known. */
  readonly total?: number | undefined;
  /** Bytes of the budget in use. */
  readonly held: number;
}

/** Where a copy says how it goes. */
export interface Reporter {
  begin(from: string, to: string): void;
  progress(now: Progress): void;
  done(bytes: number, seconds: number): void;
  failed(code: string, error: unknown): void;
}

/** Says nothing but why it failed. */
export function quiet(stderr: Screen): Reporter {
  return {
    begin() {},
    progress() {},
    done() {},
    failed: (_code, error) => stderr.write(`sluice: ${explain(error)}\n`),
  };
}

/** One line for each event, for programs. */
export function jsonLines(stderr: Screen, now = () => performance.now()): Reporter {
  const line = (event: object) => stderr.write(`${JSON.stringify(event)}\n`);
  const allowed = everyQuarterSecond(now);
  return {
    begin: (from, to) => line({ event: "begin", from, to }),
    progress: (state) => allowed(state) && line({ event: "progress", ...state }),
    done: (bytes, seconds) => line({ event: "done", bytes, seconds: Number(seconds.toFixed(3)) }),
    failed: (code, error) => line({ event: "error", code, message: explain(error) }),
  };
}

/** A line that is redrawn, for people. */
export function bar(stderr: Screen, now = () => performance.now()): Reporter {
  const start = now();
  let drawn: SingleBar | undefined;
  const begin = (total: number | undefined) => {
    const format = total === undefined ? UNBOUNDED : BOUNDED;
    const single = new SingleBar({ format, stream: stderr, hideCursor: true, gracefulExit: false, fps: 5 });
    single.start(total || 1, 0, { moved: sizeText(0), of: sizeText(total ?? 0), speed: "", held: "" });
    return single;
  };
  return {
    begin() {},
    progress({ loaded, total, held }) {
      drawn ??= begin(total);
      const speed = speedText(loaded, (now() - start) / 1000);
      drawn.update(total === 0 ? 1 : loaded, { moved: sizeText(loaded), speed, held: sizeText(held) });
    },
    done: () => drawn?.stop(),
    failed(_code, error) {
      drawn?.stop();
      stderr.write(`sluice: ${explain(error)}\n`);
    },
  };
}

const BOUNDED = "{bar} {percentage}% | {moved} of {of} | {speed} | {held} held";
const UNBOUNDED = "{moved} | {speed} | {held} held";

// A part every few milliseconds would make more log than data; the last one always gets through, once.
function everyQuarterSecond(now: () => number): (state: Progress) => boolean {
  let last = Number.NEGATIVE_INFINITY;
  let said = -1;
  return ({ loaded, total }) => {
    if (loaded === said || (loaded !== total && now() - last < 250)) return false;
    last = now();
    said = loaded;
    return true;
  };
}
