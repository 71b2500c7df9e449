export type ChecksumAlgorithm = "crc32" | "crc32c" | "crc64nvme" | "sha1" | "sha256";

/** A digest of an object or a part, as S3 carries it. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64 of the raw digest; a composite one ends in `-N`, the number of its parts. */
  readonly value: string;
  /** Of all the bytes, or of the digests of the parts. Left out: of all the bytes. */
  readonly type?: "full-object" | "composite" | undefined;
}

/** A checksum of a stream that is known only when its last byte has been read. */
export interface LateChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64 of the raw digest. Asked for once, when the stream has ended. */
  value(): string;
}
