import { type Checksum, retry } from "@sluice/object-store";
import type { Asking, Pin } from "./asking.js";
import { type ByteCheck, ChecksumCheck } from "./byte-check.js";
import { IntegrityError } from "./errors.js";
import type { OpenBody } from "./open-body.js";
import type { Settled } from "./options.js";
import { retrying } from "./range-read.js";

/** What compares the bytes, if they are to be. */
export async function checkFor(...all: Parameters<typeof checksumFor>): Promise<ByteCheck | undefined> {
  const checksum = await checksumFor(...all);
  return checksum && new ChecksumCheck(checksum);
}

/** What the bytes are compared with, if they are. Asks for it only if it must be there. */
export async function checksumFor(
  asking: Asking,
  pin: Pin,
  info: OpenBody["info"],
  { integrity, range }: Settled,
): Promise<Checksum | undefined> {
  if (integrity === "none" || range !== undefined || info.size === 0) return undefined;
  // What is sent with a part of an object may be the checksum of that part.
  let checksum = info.range.end + 1 === info.size ? info.checksum : undefined;
  if (checksum === undefined && integrity === "require") {
    const head = await retry(
      () => asking.head(pin),
      retrying(asking, () => 0, info.size - 1),
    );
    checksum = head.checksum;
  }
  if (checksum !== undefined && isOfAllBytes(checksum)) return checksum;
  if (integrity === "if-present") return undefined;
  throw new IntegrityError("the store knows no checksum of all the object's bytes to compare them with");
}

// One of the parts' checksums says nothing without knowing where the parts end.
const isOfAllBytes = ({ type, value }: Checksum): boolean => type !== "composite" && !value.includes("-");
