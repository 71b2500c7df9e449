import type { StoreLimits } from "../limits.js";
import type { ObjectHeaders, ObjectSource, ObjectTarget } from "../object.js";
import { refusal } from "../refusal.js";
import { utf8Size } from "../utf8-order.js";

// What can be refused by looking at the request alone.

/** A name that a store can have. It is safe as the name of a directory, too. */
export function checkBucket(bucket: string): void {
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/.test(bucket) || bucket.includes("..")) {
    throw refusal(
      "InvalidBucketName",
      `a bucket's name has 1 to 63 lower-case letters, digits, dots and hyphens, got ${shown(bucket)}`,
    );
  }
}

/** The narrower rules by which S3 lets buckets be made. */
export function checkNewBucket(bucket: string): void {
  checkBucket(bucket);
  if (bucket.length < 3 || /^\d+\.\d+\.\d+\.\d+$/.test(bucket) || /^xn--|-s3alias$|\.-|-\./.test(bucket)) {
    throw refusal(
      "InvalidBucketName",
      `a new bucket's name has 3 to 63 characters and is no IP address, got ${shown(bucket)}`,
    );
  }
}

export function checkTarget({ bucket, key }: ObjectTarget, limits: StoreLimits): void {
  checkBucket(bucket);
  checkKey(key, limits);
}

export function checkKey(key: string, limits: StoreLimits): void {
  if (typeof key !== "string" || key === "") {
    throw refusal("InvalidArgument", `a key is a text that is not empty, got ${shown(key)}`);
  }
  // Half of a surrogate pair has no UTF-8 form: two such keys would become the same one.
  if (/\p{Surrogate}/u.test(key)) {
    throw refusal("InvalidArgument", `a key is well-formed Unicode, got ${shown(key)}`);
  }
  const size = utf8Size(key);
  if (size > limits.maxKeySize) {
    throw refusal("KeyTooLongError", `a key has at most ${limits.maxKeySize} bytes, got ${size}`);
  }
}

export function checkSource(source: ObjectSource, limits: StoreLimits): void {
  checkTarget(source, limits);
  if (source.versionId !== undefined && source.versionId !== "null") {
    throw refusal("NoSuchVersion", `this store keeps no versions, got ${shown(source.versionId)}`);
  }
}

export function checkHeaders({ metadata = {} }: ObjectHeaders, limits: StoreLimits): void {
  let size = 0;
  for (const [name, value] of Object.entries(metadata)) size += utf8Size(name) + utf8Size(value);
  if (size > limits.maxMetadataSize) {
    throw refusal("MetadataTooLarge", `metadata has at most ${limits.maxMetadataSize} bytes, got ${size}`);
  }
}

export function checkPartNumber(partNumber: number, limits: StoreLimits): void {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > limits.maxParts) {
    throw refusal("InvalidArgument", `parts are numbered from 1 to ${limits.maxParts}, got ${partNumber}`);
  }
}

/** How many entries a page may have, when so many were asked for. */
export function pageSize(asked: number | undefined, limits: StoreLimits): number {
  if (asked === undefined) return limits.maxPageSize;
  if (!Number.isInteger(asked) || asked < 0) {
    throw refusal("InvalidArgument", `a page's limit is a whole number from 0 up, got ${asked}`);
  }
  return Math.min(asked, limits.maxPageSize);
}

/** What is kept of the options of a write: the known headers, copied, so that the caller's object stays free. */
export function headersOf(from: ObjectHeaders): ObjectHeaders {
  const { contentType, contentEncoding, contentDisposition, contentLanguage, cacheControl, metadata } = from;
  return {
    ...(contentType !== undefined && { contentType }),
    ...(contentEncoding !== undefined && { contentEncoding }),
    ...(contentDisposition !== undefined && { contentDisposition }),
    ...(contentLanguage !== undefined && { contentLanguage }),
    ...(cacheControl !== undefined && { cacheControl }),
    ...(metadata !== undefined && { metadata: lowerCased(metadata) }),
  };
}

// In headers, names have no case; S3 keeps them in lower case.
const lowerCased = (metadata: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : String(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
