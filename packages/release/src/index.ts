export { type AdmitOptions, type Admitting, admit } from "./admit.js";
export type { Ending, NodeReadable } from "./ending.js";
export { NotAStreamError } from "./errors.js";
export { type LimitOptions, limitBytes } from "./limit-bytes.js";
export { InvalidValueError, LockedError, NotBytesError, TooLargeError } from "./limit-errors.js";
export { releaseOnEnd } from "./release-on-end.js";
