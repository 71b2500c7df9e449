import type { Params } from "./options.js";

//  Who is told what. Whatever describes the object goes to PutObject or CreateMultipartUpload, also what an S3 of
//  tomorrow adds; the other calls take what they need, by name.

const PLACE = ["Bucket", "Key"] as const;
/** Who pays, and whose bucket it must be: without these, a request to such a bucket is refused. */
const ACCESS = ["RequestPayer", "ExpectedBucketOwner"] as const;
const CUSTOMER_KEY = ["SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5"] as const;
const CONDITIONS = ["IfMatch", "IfNoneMatch"] as const;

const OF_THE_PARTS = ["MpuObjectSize", "MultipartUpload", "PartNumber", "UploadId"] as const;
const OF_THE_BYTES = ["Body", "ContentLength", "ContentMD5", "WriteOffsetBytes"] as const;

/** A digest of the whole body, such as `ChecksumSHA256`. */
export const isDigest = (name: string): boolean => /^Checksum(?!Algorithm$|Type$)/.test(name);

export const forPut = (params: Params) => without(params, isOneOf("ChecksumType", ...OF_THE_PARTS));

export function forCreate(params: Params) {
  const isLater = isOneOf(...OF_THE_BYTES, ...CONDITIONS, ...OF_THE_PARTS);
  return without(params, (name) => isDigest(name) || isLater(name));
}

/** Never a digest: those that the caller has are of the whole, and no part is the whole. */
export const forPart = (params: Params) =>
  only(params, ...PLACE, ...ACCESS, ...CUSTOMER_KEY, "ChecksumAlgorithm");

/** With the digest of the whole only where S3 makes one out of those of the parts. */
export function forComplete(params: Params) {
  const whole = params.ChecksumType === "FULL_OBJECT";
  return {
    ...only(params, ...PLACE, ...ACCESS, ...CUSTOMER_KEY, ...CONDITIONS, "ChecksumType", "MpuObjectSize"),
    ...(whole && only(params, "ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME")),
  };
}

export const forAbort = (params: Params) => only(params, ...PLACE, ...ACCESS);

/** To look at what has become of an upload, or of its object. */
export const forLook = (params: Params) => only(params, ...PLACE, ...ACCESS, ...CUSTOMER_KEY);

export const forTagging = (params: Params) => only(params, ...PLACE, ...ACCESS, "ChecksumAlgorithm");

const isOneOf =
  (...names: readonly string[]) =>
  (name: string) =>
    names.includes(name);

function without(params: Params, isUnwanted: (name: string) => boolean): Params {
  return Object.fromEntries(
    Object.entries(params).filter(([name]) => !isUnwanted(name)),
  ) as unknown as Params;
}

type Place = Pick<Params, "Bucket" | "Key">;

function only<Name extends keyof Params>(
  params: Params,
  ...names: Name[]
): Place & Partial<Pick<Params, Name>> {
  const kept = names.filter((name) => params[name] !== undefined).map((name) => [name, params[name]]);
  return Object.fromEntries(kept) as Place & Partial<Pick<Params, Name>>;
}
