import type { ObjectCannedACL, PutObjectRequest, StorageClass } from "@aws-sdk/client-s3";
import {
  type CustomerKeyOptions,
  type RequestOptions,
  type StorageOptions,
  StoreError,
} from "@sluice/object-store";

//  What surrounds an object, in the SDK's words. Each is for the requests of which S3 says that they take it: it ignores
//  some where they do not belong, and refuses the request for others.

type Storage = Pick<
  PutObjectRequest,
  | "Tagging"
  | "ACL"
  | "StorageClass"
  | "ServerSideEncryption"
  | "SSEKMSKeyId"
  | "SSEKMSEncryptionContext"
  | "BucketKeyEnabled"
>;

/** Tags as a header has them. */
export const sdkTagging = (tags: Readonly<Record<string, string>>): string =>
  new URLSearchParams(tags).toString().replace(/\+/g, "%20");

/** For requests with which an object begins. */
export function sdkStorage({ tags, acl, storageClass, encryption }: StorageOptions): Storage {
  const kms = encryption !== undefined && encryption.type !== "AES256" ? encryption : undefined;
  return {
    Tagging: tags && sdkTagging(tags),
    ACL: acl as ObjectCannedACL | undefined,
    StorageClass: storageClass as StorageClass | undefined,
    ServerSideEncryption: encryption?.type,
    SSEKMSKeyId: kms?.keyId,
    SSEKMSEncryptionContext: kms?.context && base64(new TextEncoder().encode(JSON.stringify(kms.context))),
    BucketKeyEnabled: kms?.bucketKey,
  };
}

/** For requests that have to do with the bytes. The SDK adds the key's MD5. */
export function sdkCustomerKey({ customerKey }: CustomerKeyOptions) {
  if (customerKey === undefined) return undefined;
  if (customerKey.length !== 32) {
    throw new StoreError("InvalidArgument", `a customer's key has 32 bytes, got ${customerKey.length}`);
  }
  return { SSECustomerAlgorithm: "AES256", SSECustomerKey: base64(customerKey) };
}

/** For copies of what was encrypted so. */
export function sdkSourceKey(customerKey: Uint8Array | undefined) {
  const key = sdkCustomerKey({ customerKey });
  return (
    key && {
      CopySourceSSECustomerAlgorithm: key.SSECustomerAlgorithm,
      CopySourceSSECustomerKey: key.SSECustomerKey,
    }
  );
}

/** For every request. */
export const sdkOwner = ({ expectedBucketOwner }: RequestOptions) =>
  expectedBucketOwner === undefined ? undefined : { ExpectedBucketOwner: expectedBucketOwner };

/** How a store says it has encrypted. */
export const encryptionOf = (output: {
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}): string | undefined =>
  output.SSECustomerAlgorithm === undefined ? output.ServerSideEncryption : "customer";

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
