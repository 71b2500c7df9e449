import type { Digest } from "@sluice/object-store";
import type { SignatureChain } from "../auth/authenticate.js";
import { hex, sameText, sign } from "../auth/signing-key.js";
import { S3Error } from "../protocol/s3-error.js";
import { incomplete } from "./aws-chunked.js";
import { incrementalDigest } from "./incremental-digest.js";

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Checks the signatures of the chunks of a body, each of which covers the one before it. */
export class SignedChunks {
  readonly #chain: SignatureChain;
  #previous: string;
  #digest: Digest | undefined;
  #claimed: string | undefined;
  #checks: Promise<void> = Promise.resolve();

  constructor(chain: SignatureChain) {
    this.#chain = chain;
    this.#previous = chain.seed;
  }

  /** Resolves when all that has ended until now is verified. Rejects with SignatureDoesNotMatch. */
  get verified(): Promise<void> {
    return this.#checks;
  }

  begin(signature: string | undefined): void {
    this.#endChunk();
    if (signature === undefined) throw incomplete("a chunk has no signature");
    this.#digest = incrementalDigest("sha256");
    this.#claimed = signature;
  }

  update(bytes: Uint8Array): void {
    this.#digest?.update(bytes);
  }

  end(trailers: ReadonlyMap<string, string>, trailerSigned: boolean): void {
    this.#endChunk();
    if (!trailerSigned) return;
    const signature = trailers.get("x-amz-trailer-signature");
    if (signature === undefined) throw incomplete("its trailer has no signature");
    const digest = incrementalDigest("sha256");
    const lines = [...trailers].filter(([name]) => name !== "x-amz-trailer-signature");
    digest.update(new TextEncoder().encode(lines.map(([name, value]) => `${name}:${value}\n`).join("")));
    this.#check(digest, signature, "AWS4-HMAC-SHA256-TRAILER", []);
  }

  #endChunk(): void {
    if (this.#digest === undefined || this.#claimed === undefined) return;
    this.#check(this.#digest, this.#claimed, "AWS4-HMAC-SHA256-PAYLOAD", [EMPTY_SHA256]);
    this.#digest = undefined;
  }

  #check(digest: Digest, claimed: string, kind: string, between: readonly string[]): void {
    const { key, timestamp, scope } = this.#chain;
    const previous = this.#previous;
    this.#previous = claimed;
    this.#checks = this.#checks.then(async () => {
      const lines = [kind, timestamp, scope, previous, ...between, hex(await digest.done())];
      if (!sameText(await sign(key, lines.join("\n")), claimed)) {
        throw new S3Error("SignatureDoesNotMatch", "The signature of a chunk does not match its bytes.");
      }
    });
    // Whoever reads the body awaits `verified`; if nobody reads on, nobody needs to know.
    this.#checks.catch(() => {});
  }
}
