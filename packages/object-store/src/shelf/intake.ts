import type { Checksum } from "../checksum.js";
import { createDigest } from "../digest/create-digest.js";
import { fromBase64, toBase64, toHex } from "../digest/encoding.js";
import type { ComputedChecksumOptions, IntegrityOptions, StoreBody } from "../object.js";
import { refusal } from "../refusal.js";

// A large piece is digested and written in slices: neither blocks the event loop for the whole of it, one happens while
// the other does, and what is digested is still in the processor's cache. Slices of 1 MiB cost twice the time.
const SLICE = 2 ** 18;

export interface IntakeOptions extends IntegrityOptions, ComputedChecksumOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface Received {
  readonly size: number;
  /** MD5 in hex. */
  readonly md5: string;
  readonly checksum: Checksum | undefined;
}

/** How many bytes a body says it has. */
export function declaredSize(body: StoreBody): number {
  if (body instanceof Uint8Array) return body.length;
  if ("stream" in body) {
    if (!Number.isSafeInteger(body.length) || body.length < 0) {
      throw refusal("InvalidArgument", `a stream's length is a whole number from 0 up, got ${body.length}`);
    }
    return body.length;
  }
  return body.reduce((sum, piece) => sum + piece.length, 0);
}

/** Runs a request; if it fails before it has begun to read its body, the body's stream is told to stop. */
export async function withBody<R>(body: StoreBody, request: () => Promise<R>): Promise<R> {
  try {
    return await request();
  } catch (error) {
    if ("stream" in body && !body.stream.locked) void body.stream.cancel(error).catch(ignore);
    throw error;
  }
}

/** Passes every byte of the body on, once, and rejects unless it is exactly what was announced. */
export async function takeIn(
  body: StoreBody,
  write: (bytes: Uint8Array) => void | Promise<void>,
  options: IntakeOptions,
): Promise<Received> {
  const { contentMd5, checksum: announced, signal } = options;
  const size = declaredSize(body);
  checkDigests(options);
  const algorithm = announced?.algorithm ?? options.checksumAlgorithm;
  const md5 = createDigest("md5");
  const checksum = algorithm && createDigest(algorithm);
  let seen = 0;
  for await (const piece of piecesOf(body, signal)) {
    if (!(piece instanceof Uint8Array)) {
      throw refusal("InvalidArgument", `a body is made of Uint8Arrays, got ${typeof piece}`);
    }
    if (seen + piece.length > size) {
      throw refusal("IncompleteBody", `the body has more than the ${size} bytes that were announced`);
    }
    seen += piece.length;
    for (let at = 0; at < piece.length; at += SLICE) {
      const slice = piece.length <= SLICE ? piece : piece.subarray(at, at + SLICE);
      // Begun before the digests, so that a disk writes while the processor counts.
      const written = write(slice);
      md5.update(slice);
      checksum?.update(slice);
      // Memory takes bytes at once: awaiting that would cost a turn for every chunk.
      if (written !== undefined) await written;
      signal?.throwIfAborted();
    }
  }
  if (seen < size) {
    throw refusal("IncompleteBody", `the body ended after ${seen} of the ${size} bytes that were announced`);
  }
  const digest = await md5.done();
  if (contentMd5 !== undefined && toBase64(digest) !== contentMd5) {
    throw refusal("BadDigest", `the body's MD5 is ${toBase64(digest)}, not the announced ${contentMd5}`);
  }
  if (checksum === undefined) return { size, md5: toHex(digest), checksum: undefined };
  const value = toBase64(await checksum.done());
  if (announced !== undefined && announced.value !== value) {
    throw refusal("BadDigest", `the body's ${algorithm} is ${value}, not the announced ${announced.value}`);
  }
  return { size, md5: toHex(digest), checksum: { algorithm: algorithm!, value, type: "full-object" } };
}

const DIGEST_SIZES = { md5: 16, crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;

// Before any byte is read: what cannot be a digest will not become one.
function checkDigests({ contentMd5, checksum, checksumAlgorithm }: IntakeOptions): void {
  if (contentMd5 !== undefined && fromBase64(contentMd5)?.length !== DIGEST_SIZES.md5) {
    throw refusal("InvalidDigest", `Content-MD5 is the base64 of 16 bytes, got ${contentMd5.slice(0, 80)}`);
  }
  const algorithm = checksum?.algorithm ?? checksumAlgorithm;
  const size = algorithm && DIGEST_SIZES[algorithm];
  if (algorithm !== undefined && size === undefined) {
    throw refusal("NotImplemented", `no checksum algorithm ${String(algorithm).slice(0, 80)}`);
  }
  if (checksum !== undefined && fromBase64(checksum.value)?.length !== size) {
    throw refusal(
      "InvalidRequest",
      `a ${checksum.algorithm} is the base64 of ${size} bytes, got ${checksum.value.slice(0, 80)}`,
    );
  }
}

async function* piecesOf(body: StoreBody, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  if (body instanceof Uint8Array) {
    yield body;
  } else if (!("stream" in body)) {
    yield* body;
  } else {
    yield* chunksOf(body.stream, signal);
  }
}

/** The chunks of a stream; a stop half-way, by the reader or by the signal, cancels the stream. */
async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  // Cancelling ends a read that is waiting, whatever the source does. So no read is raced against the signal,
  // which would keep every chunk alive as long as the signal.
  const stop = () => void reader.cancel(signal!.reason).catch(ignore);
  signal?.addEventListener("abort", stop, { once: true });
  let ended = false;
  try {
    for (;;) {
      const step = await reader.read().catch((error: unknown) => {
        ended = true;
        signal?.throwIfAborted();
        throw error;
      });
      signal?.throwIfAborted();
      if (step.done) {
        ended = true;
        return;
      }
      yield step.value;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    if (!ended) void reader.cancel().catch(ignore);
  }
}

// The stream's own trouble with being cancelled must not hide why it was.
function ignore(): void {}
