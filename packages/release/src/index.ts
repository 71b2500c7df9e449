export { type AdmitOptions, type Admitting, admit } from "./admit.js";
export type { Ending, NodeReadable } from "./ending.js";
export { NotAStreamError } from "./errors.js";
export { releaseOnEnd } from "./release-on-end.js";
