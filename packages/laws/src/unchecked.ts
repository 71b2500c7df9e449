import type { LawId, UncheckedLaw } from "./law.js";

// Laws of what needs sockets, disks or a server are tested in the packages, where nobody convicts a sinner yet.
const HOMES: Readonly<Record<string, string>> = { G: "s3-gateway" };

const law = (id: LawId, says: string): UncheckedLaw => {
  const home = HOMES[id.slice(0, 1)];
  const reason =
    home === undefined ? "no check yet" : `no check with sinners yet; examples in packages/${home}/test`;
  return { id, kind: "unverified", says, reason };
};

/** Laws that stand in the ledger without a check. Who writes the check moves the sentence into the `Law`. */
export const UNCHECKED: readonly UncheckedLaw[] = [
  law(
    "G5",
    "Exactly the control operations (CreateMultipartUpload, CompleteMultipartUpload, AbortMultipartUpload, DeleteObjects) are read, first thing, size-checked; an operation that the classifier does not know fails closed.",
  ),
  law(
    "G6",
    "Nobody gets in without a valid signature (header, presigned, chunked), an expired one, or a replayed body that differs.",
  ),
  law("G7", "A short, over-long, malformed or unverified body publishes nothing."),
];

/** The laws of one letter that have no check. */
export const uncheckedOf = (letter: string): UncheckedLaw[] =>
  UNCHECKED.filter(({ id }) => id.startsWith(letter));
