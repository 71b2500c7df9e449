import type { Checksum, IntegrityOptions } from "@sluice/object-store";

// The checksum of an object's plain bytes is known again only to who can open it: in plain text it would tell which
// object has which content.

/** What is to be known of an object that begins: its checksum, if it was announced. */
export const noteOf = ({ checksum }: IntegrityOptions): string =>
  checksum === undefined || checksum.type === "composite" ? "" : `${checksum.algorithm}=${checksum.value}`;

export function checksumIn(note: string): Checksum | undefined {
  const [, algorithm, value] = /^(crc32c?|crc64nvme|sha1|sha256)=(.+)$/.exec(note) ?? [];
  if (value === undefined) return undefined;
  return { algorithm: algorithm as Checksum["algorithm"], value, type: "full-object" };
}
