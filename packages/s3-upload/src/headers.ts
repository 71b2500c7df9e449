import type {
  CreateMultipartOptions,
  ObjectHeaders,
  StorageOptions,
  WriteConditions,
} from "@sluice/object-store";
import type { TransferOptions } from "./transfer-options.js";

//  What of the options goes where:
//
//                     put   create   part   list   complete   abort   head
//  headers, storage    x      x
//  conditions          x                              x
//  customer's key      x      x       x      x        x                x
//  bucket's owner      x      x       x      x        x         x      x
//
//  S3 ignores some of them elsewhere, and refuses the request for others.

/** For the request with which the object begins. */
export function beginning(options: TransferOptions): ObjectHeaders & StorageOptions & CreateMultipartOptions {
  const { contentType, contentEncoding, contentDisposition, contentLanguage, cacheControl } = options;
  const { expires, metadata, tags, acl, storageClass, encryption } = options;
  return {
    contentType,
    contentEncoding,
    contentDisposition,
    contentLanguage,
    cacheControl,
    expires,
    metadata,
    tags,
    acl,
    storageClass,
    encryption,
  };
}

/** For the request that publishes. */
export const conditions = ({ ifNoneMatch, ifMatch }: TransferOptions): WriteConditions => ({
  ifNoneMatch,
  ifMatch,
});
