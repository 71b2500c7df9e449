import { SingleBar } from "cli-progress";
import { explain } from "../explain.js";
import { IncompleteError } from "../failure.js";
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
  /** Files that have arrived, of a folder. */
  readonly files?: number | undefined;
}

/** What has become of one file of a folder. */
export type FileEvent = { readonly key: string; readonly path: string | undefined } & (
  | { readonly type: "begun" | "folder" }
  | { readonly type: "done"; readonly size: number }
  | { readonly type: "skipped"; readonly why: string }
  | { readonly type: "failed"; readonly error: unknown }
);

/** Of a folder. */
export interface Counts {
  readonly files: number;
  readonly skipped: number;
  readonly failed: number;
}

/** Where a copy says how it goes. */
export interface Reporter {
  begin(from: string, to: string): void;
  progress(now: Progress): void;
  file(event: FileEvent): void;
  done(bytes: number, seconds: number, counts?: Counts): void;
  failed(code: string, error: unknown): void;
}

/** Says nothing but why it failed. */
export function quiet(stderr: Screen): Reporter {
  return {
    begin() {},
    progress() {},
    file() {},
    done() {},
    failed: (_code, error) => tell(stderr, error),
  };
}

/** Says what was left out, and why it failed. */
export function noting(stderr: Screen): Reporter {
  return { ...quiet(stderr), done: (_bytes, _seconds, counts) => note(stderr, counts) };
}

const SHOWN = 20;

// One line; of a folder, one for each file that was not copied, as far as anybody is going to read them.
function tell(stderr: Screen, error: unknown): void {
  if (error instanceof IncompleteError) {
    for (const { name, error: why } of error.failed.slice(0, SHOWN)) {
      const says = explain(why);
      stderr.write(`sluice: ${harmless(says.includes(name) ? says : `${name}: ${says}`)}\n`);
    }
  }
  stderr.write(`sluice: ${harmless(explain(error))}\n`);
}

// A key may have been made by somebody who wants to write to this terminal.
const harmless = (text: string) => text.replace(/\p{Cc}/gu, "?");

function note(stderr: Screen, { skipped = 0 }: Partial<Counts> = {}): void {
  if (skipped === 0) return;
  const what =
    skipped === 1
      ? "1 entry that is a link, pipe, socket"
      : `${skipped} entries that are links, pipes, sockets`;
  stderr.write(`sluice: skipped ${what} or device${skipped === 1 ? "" : "s"}\n`);
}

/** One line for each event, for programs. */
export function jsonLines(stderr: Screen, now = () => performance.now()): Reporter {
  const line = (event: object) => stderr.write(`${JSON.stringify(event)}\n`);
  const allowed = everyQuarterSecond(now);
  return {
    begin: (from, to) => line({ event: "begin", from, to }),
    progress: (state) => allowed(state) && line({ event: "progress", ...state }),
    file({ type, key, path, ...rest }) {
      const error = "error" in rest ? rest.error : undefined;
      if (type === "failed") line({ event: "file-failed", key, path, ...facts(error) });
      else if (type !== "begun") line({ event: type === "done" ? "file" : type, key, path, ...rest });
    },
    done: (bytes, seconds, counts) =>
      line({ event: "done", bytes, seconds: Number(seconds.toFixed(3)), ...counts }),
    failed: (code, error) => line({ event: "error", code, message: explain(error) }),
  };
}

function facts(error: unknown) {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  return { code: String(code ?? name ?? "ERR_FAILED"), message: explain(error) };
}

/** A line that is redrawn, for people. */
export function bar(stderr: Screen, clock = () => performance.now()): Reporter {
  const start = clock();
  let drawn: SingleBar | undefined;
  const begin = ({ total, files }: Progress) => {
    const unbounded = files === undefined ? UNBOUNDED : `{files} files | ${UNBOUNDED}`;
    const format = total === undefined ? unbounded : BOUNDED;
    const single = new SingleBar({ format, stream: stderr, hideCursor: true, gracefulExit: false, fps: 5 });
    single.start(total || 1, 0, {
      moved: sizeText(0),
      of: sizeText(total ?? 0),
      speed: "",
      held: "",
      files: 0,
    });
    return single;
  };
  return {
    begin() {},
    file() {},
    progress(now) {
      const { loaded, total, held, files } = now;
      drawn ??= begin(now);
      const speed = speedText(loaded, (clock() - start) / 1000);
      drawn.update(total === 0 ? 1 : loaded, { moved: sizeText(loaded), speed, held: sizeText(held), files });
    },
    done(_bytes, _seconds, counts) {
      drawn?.stop();
      note(stderr, counts);
    },
    failed(_code, error) {
      drawn?.stop();
      tell(stderr, error);
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
