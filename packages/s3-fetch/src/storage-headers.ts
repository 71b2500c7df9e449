import { type CustomerKeyOptions, digestOf, type StorageOptions, StoreError } from "@sluice/object-store";
import type { RequestHeaders } from "./headers.js";
import { toBase64 } from "./integrity.js";

//  What surrounds an object. Each is for the requests of which S3 says that they take it: it ignores some where they do not
//  belong, and refuses the request for others.

/** Tags as a header has them. */
export const taggingOf = (tags: Readonly<Record<string, string>>): string =>
  new URLSearchParams(tags).toString().replace(/\+/g, "%20");

/** For requests with which an object begins. */
export function storageHeaders({ tags, acl, storageClass, encryption }: StorageOptions): RequestHeaders {
  const kms = encryption !== undefined && encryption.type !== "AES256" ? encryption : undefined;
  return {
    "x-amz-tagging": tags && taggingOf(tags),
    "x-amz-acl": acl,
    "x-amz-storage-class": storageClass,
    "x-amz-server-side-encryption": encryption?.type,
    "x-amz-server-side-encryption-aws-kms-key-id": kms?.keyId,
    "x-amz-server-side-encryption-context":
      kms?.context && toBase64(new TextEncoder().encode(JSON.stringify(kms.context))),
    "x-amz-server-side-encryption-bucket-key-enabled":
      kms?.bucketKey === undefined ? undefined : String(kms.bucketKey),
  };
}

/** For requests that have to do with the bytes; with `of`, for copies of what was encrypted so. */
export async function customerKeyHeaders(
  { customerKey }: CustomerKeyOptions,
  of: "" | "copy-source-" = "",
): Promise<RequestHeaders> {
  if (customerKey === undefined) return {};
  if (customerKey.length !== 32) {
    throw new StoreError("InvalidArgument", `a customer's key has 32 bytes, got ${customerKey.length}`);
  }
  const name = `x-amz-${of}server-side-encryption-customer`;
  return {
    [`${name}-algorithm`]: "AES256",
    [`${name}-key`]: toBase64(customerKey),
    [`${name}-key-md5`]: toBase64(await digestOf("md5", customerKey)),
  };
}
