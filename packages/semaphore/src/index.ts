export { parseBytes } from "./bytes.js";
export {
  ClosedError,
  InvalidValueError,
  OverloadedError,
  ReleasedError,
  TooHeavyError,
  WaitTimeoutError,
} from "./errors.js";
export type { Leak } from "./leaks.js";
export { MemoryBudget } from "./memory-budget.js";
export type { SemaphoreOptions } from "./options.js";
export { Permit } from "./permit.js";
export type { Settle, Ticket } from "./places.js";
export { Semaphore } from "./semaphore.js";
export type { SemaphoreSnapshot } from "./snapshot.js";
export { checkWait, type WaitOptions } from "./wait-options.js";
export { WaitingLine } from "./waiting-line.js";
