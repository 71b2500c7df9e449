export type { AesFramesOptions } from "./aes/aes-frames.js";
export { AesFrames } from "./aes/aes-frames.js";
export type { EncryptionKey, EncryptionKeys } from "./aes/keys.js";
export { type EncryptionOptions, encryptedStore } from "./encrypted-store.js";
export { NotSealedError, OtherSealError, TamperedError, UnknownKeyError, WrongKeyError } from "./errors.js";
export type {
  Begun,
  FrameCodec,
  FrameOpener,
  FramePlace,
  FrameSealer,
  FrameTransform,
  NewObject,
  Resumed,
  Room,
} from "./transform.js";
export { TransformedStore, transformedStore } from "./transformed-store.js";
export { type WholeFrames, wholeFrames } from "./whole-frames.js";
