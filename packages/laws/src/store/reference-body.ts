import type { IntegrityOptions, StoreBody } from "@sluice/object-store";
import { type DigestName, SAMPLES } from "./samples.js";
import type { Sin } from "./sins.js";

/** An error as every store makes them. */
export class Refusal extends Error {
  readonly code: string | undefined;
  readonly retryable: boolean;
  readonly requestId: string | undefined;

  constructor(code: string, sin: Sin | undefined) {
    super(code);
    this.code =
      sin === "hasNoCode" ? undefined : sin === "changesItsCodes" ? `${code}${Math.random()}` : code;
    this.retryable = sin === "retriesEverything";
    this.requestId = sin === "hasNoRequestId" ? undefined : "REFERENCE";
  }
}

/** All bytes of a body, or what is wrong with it. */
export async function taken(
  body: StoreBody,
  signal: AbortSignal | undefined,
  sin: Sin | undefined,
  onAbort: (half: Uint8Array) => void,
): Promise<Uint8Array> {
  if (sin === "keepsTheCallersBuffer" && body instanceof Uint8Array) return body;
  if (!("stream" in body)) return joined(body instanceof Uint8Array ? [body] : body);
  const reader = body.stream.getReader();
  const pieces: Uint8Array[] = [];
  // A stream that has failed by then has nothing to be told.
  const stop = () => void reader.cancel(signal?.reason).catch(() => undefined);
  if (sin !== "ignoresAbort" && sin !== "leavesTheStream") signal?.addEventListener("abort", stop);
  for (;;) {
    const step = await (sin === "leavesTheStream" ? unlessAborted(reader.read(), signal) : reader.read());
    if (signal?.aborted && sin !== "ignoresAbort") {
      onAbort(joined(pieces));
      throw reasonOf(signal, sin);
    }
    if (step.done) break;
    pieces.push(step.value);
  }
  const bytes = joined(pieces);
  if (bytes.length !== body.length && sin !== "acceptsShortBodies") throw new Refusal("IncompleteBody", sin);
  return bytes;
}

/** The bytes as the body of a `get`. */
export function given(
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
  sin: Sin | undefined,
): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        if (sin === "ignoresAbort") return;
        signal?.addEventListener("abort", () => controller.error(reasonOf(signal, sin)));
      },
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.slice(at, at + 1000));
        else controller.close();
        at += 1000;
      },
    },
    { highWaterMark: 0 },
  );
}

export const reasonOf = (signal: AbortSignal, sin: Sin | undefined): unknown =>
  sin === "wrapsTheReason" ? new Error("aborted", { cause: signal.reason }) : signal.reason;

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
    work.then(resolve, reject);
  });
}

/** Whether the body has the digests that were announced for it. */
export function isWhatWasAnnounced(
  bytes: Uint8Array,
  options: IntegrityOptions,
  sin: Sin | undefined,
): boolean {
  const { contentMd5, checksum } = options;
  const is = (digest: DigestName, value: string) =>
    SAMPLES.some((sample) => sample[digest] === value && sample.text === new TextDecoder().decode(bytes));
  if (contentMd5 !== undefined && sin !== "ignoresMd5" && !is("md5", contentMd5)) return false;
  return checksum === undefined || sin === "ignoresChecksums" || is(checksum.algorithm, checksum.value);
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
