import { Crc32 } from "../download/crc32.js";
import { joined } from "../store/reference-body.js";
import { DECLARED, EMPTY, FRAMINGS, type Framing, hasTrailer, isChunked, TRAILER } from "./framing.js";
import { Refusal } from "./reference-asked.js";
import { type Chain, sha256, signatureOf } from "./signing.js";
import type { Sin } from "./sins.js";

const LONGEST_LINE = 200;

const incomplete = () => new Refusal(400, "IncompleteBody");

/** A body without its frames, of which the last piece comes only when everything that vouches for it was right. */
export interface Incoming {
  readonly length: number | undefined;
  readonly pieces: AsyncGenerator<Uint8Array>;
  /** Nobody wants any more of it. */
  cancel(reason: unknown): void;
}

export function incoming(request: Request, chain: Chain | undefined, sin: Sin | undefined): Incoming {
  const { headers } = request;
  const declared = headers.get("x-amz-content-sha256") ?? DECLARED.plain;
  const hash = /^[0-9a-f]{64}$/.test(declared) ? declared : undefined;
  const framing = hash ? "hashed" : FRAMINGS.find((one) => one !== "hashed" && DECLARED[one] === declared);
  if (framing === undefined) throw new Refusal(400, "InvalidArgument");
  const length = countOf(headers.get(isChunked(framing) ? "x-amz-decoded-content-length" : "content-length"));
  if (isChunked(framing) && length === undefined) throw new Refusal(411, "MissingContentLength");
  const reader = request.body?.getReader();
  const wire = new Wire(async () => {
    const step = await reader?.read();
    return step?.value;
  });
  const pieces = isChunked(framing) ? deframed(wire, framing, length!, chain, sin) : plain(wire);
  return {
    length,
    pieces: whole(pieces, length, hash, sin),
    cancel: (reason) => void reader?.cancel(reason).catch(() => {}),
  };
}

function countOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Refusal(400, "InvalidArgument");
}

/** Holds the last piece back until it is known to be the last, and the bytes to be the right ones. */
async function* whole(
  pieces: AsyncGenerator<Uint8Array>,
  length: number | undefined,
  hash: string | undefined,
  sin: Sin | undefined,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  let last: Uint8Array | undefined;
  // WebCrypto digests in one go only, so these are copies of what has gone on.
  const copies: Uint8Array[] = [];
  for await (const piece of pieces) {
    count += piece.length;
    if (length !== undefined && count > length) {
      if (sin !== "cutsTheLong") throw incomplete();
      if (last !== undefined) yield last;
      yield piece.subarray(0, piece.length - (count - length));
      return;
    }
    if (hash !== undefined) copies.push(piece.slice());
    if (last !== undefined) yield last;
    last = piece;
    if (sin === "verifiesAfterwards") {
      yield piece;
      last = undefined;
    }
  }
  if (count < (length ?? 0) && sin !== "takesTheShort") throw incomplete();
  if (hash !== undefined && sin !== "trustsThePayloadHash" && hash !== (await sha256(joined(copies))))
    throw new Refusal(400, "XAmzContentSHA256Mismatch");
  if (last !== undefined) yield last;
}

async function* plain(wire: Wire): AsyncGenerator<Uint8Array> {
  for (let piece = await wire.some(); piece !== undefined; piece = await wire.some()) yield piece;
}

async function* deframed(
  wire: Wire,
  framing: Framing,
  length: number,
  chain: Chain | undefined,
  sin: Sin | undefined,
): AsyncGenerator<Uint8Array> {
  const crc = new Crc32();
  let previous = chain?.seed ?? "";
  let count = 0;
  const isSigned = framing.startsWith("signed");
  const vouched = async (kind: string, more: readonly string[], claimed: string | undefined) => {
    const { key, timestamp, scope } = chain!;
    const lines = [`AWS4-HMAC-SHA256-${kind}`, timestamp, scope, previous, ...more];
    previous = claimed ?? "";
    return claimed === (await signatureOf(key, lines));
  };
  for (let n = 0; ; n++) {
    const line = await wire.line();
    if (line === undefined && count === length && (sin === "endsWithTheData" || sin === "takesTheShort"))
      return;
    const [, digits, signature] =
      /^([0-9a-f]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line ?? "") ?? [];
    if (digits === undefined) throw incomplete();
    const size = Number.parseInt(digits, 16);
    const bytes = await wire.exactly(size);
    // A chunk that is signed is passed on when its signature was right.
    if (isSigned && !(sin === "checksTheFirstChunk" && n > 0)) {
      const more = [EMPTY, await sha256(bytes)];
      if (!(await vouched("PAYLOAD", more, signature))) throw new Refusal(403, "SignatureDoesNotMatch");
    } else if (isSigned) previous = signature ?? "";
    if (size === 0) break;
    if ((await wire.line()) !== "") throw incomplete();
    crc.update(bytes);
    count += size;
    yield bytes;
  }
  const trailers = new Map<string, string>();
  for (let line = await wire.line(); line !== ""; line = await wire.line()) {
    const [name, value] = line?.split(":") ?? [];
    if (name === undefined || value === undefined || trailers.size > 1) throw incomplete();
    trailers.set(name, value);
  }
  if ((await wire.some()) !== undefined && sin !== "letsATrailingChunkThrough") throw incomplete();
  if (!hasTrailer(framing)) return;
  const value = trailers.get(TRAILER);
  if (value === undefined && sin !== "takesAMissingTrailer") throw new Refusal(400, "MalformedTrailerError");
  if (value !== undefined && value !== crc.value && sin !== "forgetsTheTrailer")
    throw new Refusal(400, "BadDigest");
  if (!isSigned || sin === "ignoresTheTrailersSignature" || sin === "takesAMissingTrailer") return;
  const digest = await sha256(`${TRAILER}:${value}\n`);
  if (!(await vouched("TRAILER", [digest], trailers.get("x-amz-trailer-signature"))))
    throw new Refusal(403, "SignatureDoesNotMatch");
}

/** The bytes as they come, taken as they are needed. */
class Wire {
  #rest: Uint8Array = new Uint8Array(0);
  readonly #read: () => Promise<Uint8Array | undefined>;

  constructor(read: () => Promise<Uint8Array | undefined>) {
    this.#read = read;
  }

  /** At least one byte; undefined at the end. */
  async some(most = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const piece = await this.#read();
      if (piece === undefined) return undefined;
      this.#rest = piece;
    }
    const some = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(some.length);
    return some;
  }

  async exactly(size: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (let left = size; left > 0; ) {
      const piece = await this.some(left);
      if (piece === undefined) throw incomplete();
      pieces.push(piece);
      left -= piece.length;
    }
    return joined(pieces);
  }

  /** Up to the next CRLF, without it; undefined at the end. */
  async line(): Promise<string | undefined> {
    const codes: number[] = [];
    while (codes.length < LONGEST_LINE) {
      const piece = await this.some(1);
      if (piece === undefined) {
        if (codes.length === 0) return undefined;
        throw incomplete();
      }
      codes.push(piece[0]!);
      if (piece[0] === 10) break;
    }
    if (codes.at(-1) !== 10 || codes.at(-2) !== 13) throw incomplete();
    return String.fromCharCode(...codes.slice(0, -2));
  }
}
