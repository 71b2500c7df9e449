import { createDigest, type Digest, type DigestAlgorithm } from "@sluice/object-store";
import type { PartBytes, PartPlace } from "@sluice/s3-upload";
import { SpoolFile } from "./spool-file.js";

/** Bytes that are written, or read, at a time. */
export const WINDOW = 2 ** 18;

//  opened ──write──▶ opened ──finish──▶ finished, sent as often as it takes
//    └───────release──┴──────release──────┴──▶ released ──work in progress over──▶ closed: the file is gone

/** A part in a file. */
export class DiskPlace implements PartPlace {
  readonly #directory: string;
  readonly #window: Uint8Array;
  readonly #algorithm: DigestAlgorithm | undefined;
  readonly #digest: Digest | undefined;
  readonly release: () => void;
  #opening: Promise<SpoolFile> | undefined;
  #file: SpoolFile | undefined;
  #gathered = 0;

  /** `window` is memory for what is gathered before it is written; only one part is written at a time. */
  constructor(
    directory: string,
    window: Uint8Array,
    algorithm: DigestAlgorithm | undefined,
    release: () => void,
  ) {
    this.#directory = directory;
    this.#window = window;
    this.#algorithm = algorithm;
    this.#digest = algorithm && createDigest(algorithm);
    this.release = release;
  }

  /**
   * Makes the file. Once, before anything else.
   *
   * - **Order:** none.
   * - **Abort:** none; `close` waits for it.
   * - **Errors:** those of the system; `ERR_SPOOL_FULL`.
   */
  async open(): Promise<void> {
    this.#opening = SpoolFile.create(this.#directory);
    this.#file = await this.#opening;
  }

  write(bytes: Uint8Array): void | Promise<void> {
    if (this.#gathered + bytes.length > this.#window.length) return this.#writeThrough(bytes);
    this.#window.set(bytes, this.#gathered);
    this.#gathered += bytes.length;
  }

  /**
   * Writes the rest.
   *
   * - **Order:** after the last `write`.
   * - **Abort:** none.
   * - **Errors:** those of the system; `ERR_SPOOL_FULL`.
   */
  async finish(): Promise<PartBytes> {
    await this.#flush();
    const file = this.#file!;
    const made = this.#digest?.done();
    return {
      size: file.size,
      body: () => ({ stream: streamOf(file), length: file.size }),
      digest: (algorithm) =>
        made !== undefined && algorithm === this.#algorithm ? made : digestOf(file, algorithm),
    };
  }

  /**
   * Removes the file. For `release` to call.
   *
   * - **Order:** after the reads and writes in progress.
   * - **Abort:** none.
   * - **Errors:** none: what made the upload fail is worth more.
   */
  async close(): Promise<void> {
    const file = await this.#opening?.catch(() => undefined);
    await file?.close();
  }

  async #writeThrough(bytes: Uint8Array): Promise<void> {
    await this.#flush();
    let rest = bytes;
    for (; rest.length >= WINDOW; rest = rest.subarray(WINDOW)) await this.#append(rest.subarray(0, WINDOW));
    this.#window.set(rest);
    this.#gathered = rest.length;
  }

  async #flush(): Promise<void> {
    const gathered = this.#gathered;
    this.#gathered = 0;
    if (gathered > 0) await this.#append(this.#window.subarray(0, gathered));
  }

  async #append(bytes: Uint8Array): Promise<void> {
    // Of what came, not of what the disk gives back: so the store finds out if the two differ.
    this.#digest?.update(bytes);
    await this.#file!.append(bytes);
  }
}

function streamOf(file: SpoolFile): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        const bytes = await file.read(at, WINDOW);
        at += bytes.length;
        controller.enqueue(bytes);
        if (at === file.size) controller.close();
      },
    },
    // Nothing is read ahead of who sends it.
    { highWaterMark: 0 },
  );
}

async function digestOf(file: SpoolFile, algorithm: DigestAlgorithm): Promise<Uint8Array> {
  const digest = createDigest(algorithm);
  for (let at = 0; at < file.size; at += WINDOW) digest.update(await file.read(at, WINDOW));
  return digest.done();
}
