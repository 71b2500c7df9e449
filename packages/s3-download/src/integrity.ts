import { type Checksum, retry } from "@sluice/object-store";
import type { Asking, Pin } from "./asking.js";
import { type ByteCheck, ChecksumCheck } from "./byte-check.js";
import { CompositeCheck, partsOf } from "./composite-check.js";
import { IntegrityError } from "./errors.js";
import type { OpenBody } from "./open-body.js";
import type { Settled } from "./options.js";
import { retrying } from "./range-read.js";

/** What the bytes are compared with, if they are. Asks for it only if it must be there. */
export async function checkFor(
  asking: Asking,
  pin: Pin,
  info: OpenBody["info"],
  { integrity, range }: Settled,
): Promise<ByteCheck | undefined> {
  if (integrity === "none" || range !== undefined || info.size === 0) return undefined;
  const head = (partNumber?: number) =>
    retry(
      () => asking.head(pin, partNumber),
      retrying(asking, () => 0, info.size - 1),
    );
  // What is sent with a part of an object may be the checksum of that part.
  let checksum = info.range.end + 1 === info.size ? info.checksum : undefined;
  if (checksum?.type === "composite" && partsOf(checksum) === undefined) checksum = undefined;
  if (integrity === "require") checksum ??= (await head()).checksum;
  if (checksum !== undefined && !isComposite(checksum)) return new ChecksumCheck(checksum);
  // Of an object in one part, there is nothing to ask.
  if (checksum !== undefined && (integrity === "require" || partsOf(checksum) === 1)) {
    return CompositeCheck.begin(checksum, info.size, head);
  }
  if (integrity === "if-present") return undefined;
  throw new IntegrityError("the store knows no checksum of all the object's bytes to compare them with");
}

const isComposite = ({ type, value }: Checksum): boolean => type === "composite" || value.includes("-");
