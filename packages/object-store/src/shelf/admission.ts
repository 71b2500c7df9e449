import type { StoreLimits } from "../limits.js";
import type { ObjectHeaders, ObjectSource, ObjectTarget } from "../object.js";
import { refusal } from "../refusal.js";
import type { CustomerKeyOptions, ObjectLabels, StorageOptions } from "../storage-options.js";
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

// Everybody who gets here owns everything, so these grants change nothing.
const HARMLESS_GRANTS: readonly unknown[] = [undefined, "private", "bucket-owner-full-control"];

/** Refuses what would not be true of the stored object, rather than keep it in plain text, or from whom it is meant for. */
export function checkStorage(options: StorageOptions & CustomerKeyOptions): void {
  const { acl, encryption, customerKey, tags } = options;
  if (!HARMLESS_GRANTS.includes(acl)) throw refusal("NotImplemented", `the grants ${shown(acl)}`);
  if (encryption !== undefined || customerKey !== undefined) throw refusal("NotImplemented", "encryption");
  checkTags(tags);
}

export function checkTags(tags: ObjectLabels["tags"] = {}): void {
  const entries = Object.entries(tags);
  if (entries.length > 10)
    throw refusal("BadRequest", `an object has at most 10 tags, got ${entries.length}`);
  for (const [name, value] of entries) {
    if (name === "" || name.length > 128 || value.length > 256) {
      throw refusal("InvalidTag", `a tag has 1 to 128 characters, its value at most 256, got ${shown(name)}`);
    }
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
export function headersOf(from: ObjectHeaders & ObjectLabels): ObjectHeaders & ObjectLabels {
  const { contentType, contentEncoding, contentDisposition, contentLanguage, cacheControl, metadata } = from;
  const { expires, tags, storageClass } = from;
  return {
    ...(contentType !== undefined && { contentType }),
    ...(contentEncoding !== undefined && { contentEncoding }),
    ...(contentDisposition !== undefined && { contentDisposition }),
    ...(contentLanguage !== undefined && { contentLanguage }),
    ...(cacheControl !== undefined && { cacheControl }),
    // Out of a file, it comes as a text.
    ...(expires !== undefined && { expires: new Date(expires) }),
    ...(tags !== undefined && { tags: { ...tags } }),
    ...(storageClass !== undefined && { storageClass }),
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
