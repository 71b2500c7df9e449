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
  const checksum = await expected(asking, pin, info, settled);
  if (checksum === undefined) return undefined;
  if (!isComposite(checksum)) return new ChecksumCheck(checksum);
  return CompositeCheck.begin(checksum, info.size, (partNumber) => head(asking, pin, partNumber));
}

/** The same, for bytes that come in no order: a checksum of all of them. */
export async function checksumFor(
  asking: Asking,
  pin: Pin,
  info: OpenBody["info"],
  settled: Settled,
): Promise<Checksum | undefined> {
  const checksum = await expected(asking, pin, info, settled);
  if (checksum === undefined || !isComposite(checksum)) return checksum;
  if (settled.integrity === "if-present") return undefined;
  throw unknown();
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
