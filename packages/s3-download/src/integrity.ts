import { type Checksum, retry } from "@sluice/object-store";
import type { Asking, Pin } from "./asking.js";
import { type ByteCheck, ChecksumCheck } from "./byte-check.js";
import { CompositeCheck, partsOf } from "./composite-check.js";
import { IntegrityError } from "./errors.js";
import type { OpenBody } from "./open-body.js";
import type { Settled } from "./options.js";
import { retrying } from "./range-read.js";

/** What compares the bytes, in their order, if they are to be. Asks for a checksum only if it must be there. */
export async function checkFor(
  asking: Asking,
  pin: Pin,
  info: OpenBody["info"],
  settled: Settled,
): Promise<ByteCheck | undefined> {
  const { checksum, inOrder } = await comparisonFor(asking, pin, info, settled);
  return inOrder ?? (checksum && new ChecksumCheck(checksum));
}

/** What bytes are to be compared with. */
export interface Comparison {
  readonly checksum: Checksum | undefined;
  /** Of a checksum of parts' checksums: what compares them; the parts are asked for as it comes to them. */
  readonly inOrder: ByteCheck | undefined;
}

/** The same, for bytes that come in no order. */
export async function comparisonFor(
  asking: Asking,
  pin: Pin,
  info: OpenBody["info"],
  settled: Settled,
): Promise<Comparison> {
  const checksum = await expected(asking, pin, info, settled);
  if (checksum === undefined || !isComposite(checksum)) return { checksum, inOrder: undefined };
  const ask = (partNumber: number) => head(asking, pin, partNumber);
  return { checksum, inOrder: await CompositeCheck.begin(checksum, info.size, ask) };
}

async function expected(
  asking: Asking,
  pin: Pin,
  info: OpenBody["info"],
  { integrity, range }: Settled,
): Promise<Checksum | undefined> {
  if (integrity === "none" || range !== undefined || info.size === 0) return undefined;
  // What is sent with a part of an object may be the checksum of that part.
  let checksum = info.range.end + 1 === info.size ? info.checksum : undefined;
  if (checksum?.type === "composite" && partsOf(checksum) === undefined) checksum = undefined;
  if (integrity === "require") checksum ??= (await head(asking, pin)).checksum;
  else if (checksum === undefined) return undefined;
  if (checksum === undefined) throw unknown();
  // Of an object in one part, there is nothing more to ask.
  const known = integrity === "require" || !isComposite(checksum) || partsOf(checksum) === 1;
  return known ? checksum : undefined;
}

const head = (asking: Asking, pin: Pin, partNumber?: number) =>
  retry(
    () => asking.head(pin, partNumber),
    retrying(asking, () => 0, pin.size - 1),
  );

const unknown = () =>
  new IntegrityError("the store knows no checksum of all the object's bytes to compare them with");

const isComposite = ({ type, value }: Checksum): boolean => type === "composite" || value.includes("-");
