import type { Checksum, Digest, LateChecksum } from "@sluice/object-store";
import type { SignatureChain } from "../auth/authenticate.js";
import { hex, sameText } from "../auth/signing-key.js";
import { S3Error } from "../protocol/s3-error.js";
import { AwsChunkedDecoder, incomplete } from "./aws-chunked.js";
import { base64, incrementalDigest } from "./incremental-digest.js";
import type { Payload } from "./payload.js";
import { SignedChunks } from "./signed-chunks.js";

//  reading ──length reached──▶ holding the last bytes ──end, digests right──▶ verified ──last bytes──▶ closed
//    └──short, long, malformed, idle──┴──digest or signature wrong──▶ failed

export interface BodyOptions {
  /** Bytes; more are EntityTooLarge. */
  readonly limit: number;
  /** Milliseconds without a byte. Left out where the source looks after that: it costs a timer for each chunk. */
  readonly idleTimeout?: number | undefined;
  readonly chain: SignatureChain | undefined;
}

/**
 * The bytes of a request without their framing, verified on the way.
 *
 * A store publishes at the last byte, so the last bytes are held back until everything that vouches for the
 * body was right. Before that the stream errors, and what it had promised never becomes complete.
 */
export class VerifiedBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Why the body was refused. A store may wrap the error that it reads; this is the one to tell. */
  failure: S3Error | undefined;
  verified = false;
  /** Bytes without framing that have arrived. */
  received = 0;
  /** The checksum that stood in the trailer. */
  checksum: Checksum | undefined;
  /** The same, for whoever passes the body on before that is known. */
  readonly trailer: LateChecksum | undefined;
  readonly #payload: Payload;
  readonly #options: BodyOptions;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder: AwsChunkedDecoder | undefined;
  readonly #signatures: SignedChunks | undefined;
  readonly #digest: Digest | undefined;
  #trailers: ReadonlyMap<string, string> = new Map();
  #ready: Uint8Array[] = [];
  #held: Uint8Array | undefined;
  #unwanted = false;

  constructor(source: ReadableStream<Uint8Array>, payload: Payload, options: BodyOptions) {
    this.#payload = payload;
    this.#options = options;
    this.#reader = source.getReader();
    const { framing, signed, trailer, sha256 } = payload;
    if (framing === "aws-chunked") this.#decoder = new AwsChunkedDecoder(this.#listener());
    if (signed && options.chain !== undefined) this.#signatures = new SignedChunks(options.chain);
    this.trailer = trailer && { algorithm: trailer, value: () => this.checksum?.value ?? "" };
    const algorithm = trailer ?? (sha256 === undefined ? undefined : "sha256");
    if (algorithm !== undefined) this.#digest = incrementalDigest(algorithm);
    this.stream = new ReadableStream(
      { pull: (controller) => this.#pull(controller), cancel: (reason) => this.abandon(reason) },
      { highWaterMark: 0 },
    );
  }

  /** Lets go of the source, and of whatever may still come from it. Never rejects. */
  async abandon(reason: unknown): Promise<void> {
    this.#unwanted = true;
    await this.#reader.cancel(reason).catch(() => {});
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      while (this.#ready.length === 0) {
        const { done, value } = await this.#read();
        if (done) return await this.#finish(controller);
        if (this.#decoder !== undefined) this.#decoder.push(value);
        else this.#take(value);
        await this.#signatures?.verified;
      }
      for (const bytes of this.#ready) controller.enqueue(bytes);
      this.#ready = [];
    } catch (cause) {
      const failure = cause instanceof S3Error ? cause : incomplete("it was cut short");
      // A body that the store did not want to the end is not to blame for being short.
      if (!this.#unwanted) this.failure ??= failure;
      await this.abandon(failure);
      throw failure;
    }
  }

  #listener() {
    return {
      onChunk: (_size: number, signature: string | undefined) => this.#signatures?.begin(signature),
      onData: (bytes: Uint8Array) => {
        this.#signatures?.update(bytes);
        this.#take(bytes);
      },
      onEnd: (trailers: ReadonlyMap<string, string>) => {
        this.#trailers = trailers;
        this.#signatures?.end(trailers, this.#payload.trailer !== undefined);
      },
    };
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const { length } = this.#payload;
    this.received += bytes.length;
    if (length !== undefined && this.received > length) throw incomplete(`it has more than ${length} bytes`);
    if (this.received > this.#options.limit) {
      throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.");
    }
    this.#digest?.update(bytes);
    if (this.received === length) this.#held = bytes;
    else this.#ready.push(bytes);
  }

  async #finish(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { length, sha256, trailer } = this.#payload;
    if (this.#decoder?.done === false) throw incomplete("it ends within a chunk");
    if (length !== undefined && this.received < length) {
      throw incomplete(`it has ${this.received} bytes and not ${length}`);
    }
    await this.#signatures?.verified;
    this.#checkNames();
    const digest = await this.#digest?.done();
    if (sha256 !== undefined && !sameText(hex(digest!), sha256)) {
      throw new S3Error(
        "XAmzContentSHA256Mismatch",
        "The provided x-amz-content-sha256 does not match the body.",
      );
    }
    if (trailer !== undefined) this.#checkTrailer(trailer, base64(digest!));
    this.verified = true;
    if (this.#held !== undefined) controller.enqueue(this.#held);
    controller.close();
  }

  // What was not announced is not understood, and nothing vouches for it.
  #checkNames(): void {
    const { trailer, signed } = this.#payload;
    const known = trailer === undefined ? [] : [`x-amz-checksum-${trailer}`];
    if (trailer !== undefined && signed) known.push("x-amz-trailer-signature");
    if ([...this.#trailers.keys()].every((name) => known.includes(name))) return;
    throw new S3Error("MalformedTrailerError", "The body has a trailer that x-amz-trailer does not name.");
  }

  #checkTrailer(algorithm: Checksum["algorithm"], computed: string): void {
    const claimed = this.#trailers.get(`x-amz-checksum-${algorithm}`);
    if (claimed === undefined) {
      throw new S3Error("MalformedTrailerError", `The trailer x-amz-checksum-${algorithm} is missing.`);
    }
    if (!sameText(claimed, computed)) {
      throw new S3Error("BadDigest", `The ${algorithm} you specified did not match what we received.`);
    }
    this.checksum = { algorithm, value: computed, type: "full-object" };
  }

  async #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    const { idleTimeout } = this.#options;
    if (idleTimeout === undefined) return this.#reader.read();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const idle = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new S3Error(
            "RequestTimeout",
            "Your socket connection to the server was not read from or written to within the timeout period.",
          ),
        );
      }, idleTimeout);
    });
    try {
      return await Promise.race([this.#reader.read(), idle]);
    } finally {
      clearTimeout(timer);
    }
  }
}
