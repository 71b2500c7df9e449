export { type AwsChunked, awsChunked } from "./aws-chunked.js";
export type { Checksum, ChecksumAlgorithm, LateChecksum } from "./checksum.js";
export { type Chunks, chunksOf, directChunksOf, streamOf } from "./chunks.js";
export { type CombinableAlgorithm, combineChecksums, isCombinable } from "./digest/combine.js";
export { createDigest, digestOf } from "./digest/create-digest.js";
export type { Digest, DigestAlgorithm } from "./digest/digest.js";
export {
  isRetryable,
  StoreError,
  type StoreErrorCode,
  type StoreErrorOptions,
  type Unmodified,
} from "./errors.js";
export type { Fault, FaultWhen, StoreCall, StoreMethod } from "./faults/fault.js";
export { failAfterOk, garble, lag, loseAnswer, truncate } from "./faults/faults-of-answers.js";
export { fillDisk, flipBit, landLate, resetAfter } from "./faults/faults-of-bodies.js";
export {
  expireCredentials,
  fail,
  failOnce,
  hang,
  latency,
  slow,
  slowDown,
  throttle,
} from "./faults/faults-of-requests.js";
export { FaultyStore, faulty } from "./faults/faulty.js";
export { InvalidValueError } from "./invalid-value.js";
export { S3_LIMITS, type StoreLimits } from "./limits.js";
export {
  findCompleted,
  findObject,
  type LookingOptions,
  multipartEtag,
  type Sought,
} from "./lost-completion.js";
export { MemoryStore, type MemoryStoreOptions } from "./memory/memory-store.js";
export type {
  CompleteOptions,
  CopyPartOptions,
  CreateMultipartOptions,
  ListedMultipart,
  ListedPart,
  ListMultipartsOptions,
  ListPartsOptions,
  MultipartsPage,
  MultipartTarget,
  PartInfo,
  PartsPage,
  PutPartOptions,
} from "./multipart.js";
export type {
  ByteRange,
  ComputedChecksumOptions,
  CopyOptions,
  DeleteManyResult,
  DeleteOptions,
  GetOptions,
  GetResult,
  HeadOptions,
  IntegrityOptions,
  ListedObject,
  ListOptions,
  ListPage,
  ObjectHeaders,
  ObjectInfo,
  ObjectPart,
  ObjectSource,
  ObjectTarget,
  PutOptions,
  PutResult,
  ReadConditions,
  RequestOptions,
  SendingOptions,
  SourceConditions,
  StoreBody,
  WriteConditions,
} from "./object.js";
export { type ReadableOptions, type ReadableSource, readableChunks } from "./readable-chunks.js";
export { refusal } from "./refusal.js";
export { type RetryEvent, type RetryOptions, retry } from "./retry.js";
export { RetryBudget, type RetryBudgetOptions } from "./retry-budget.js";
export type {
  Draft,
  KeyWalk,
  OpenObject,
  Shelf,
  ShelfPart,
  ShelfRecord,
  ShelfUpload,
} from "./shelf/shelf.js";
export { ShelfStore, type ShelfStoreOptions } from "./shelf/shelf-store.js";
export type {
  CannedAcl,
  CustomerKeyOptions,
  Encryption,
  ObjectLabels,
  StorageOptions,
} from "./storage-options.js";
export type { BucketStore, ObjectStore, TagStore } from "./store.js";
export { compareUtf8, utf8Size } from "./utf8-order.js";
