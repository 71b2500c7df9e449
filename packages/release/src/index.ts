export { type AdmitOptions, type Admitting, admit } from "./admit.js";
export type { Ending, NodeReadable } from "./ending.js";
export { InvalidValueError, LeakedError, LockedError, NotAStreamError, StalledError } from "./errors.js";
export { Hold } from "./hold.js";
export type { Leak, Source } from "./leaks.js";
export type { ReleaseOptions, TimeBudgets } from "./options.js";
export { releaseOnEnd } from "./release-on-end.js";
export type { Consumer } from "./time-budget.js";
