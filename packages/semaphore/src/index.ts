export { parseBytes } from "./bytes.js";
export {
  ClosedError,
  InvalidValueError,
  OverloadedError,
  ReleasedError,
  TooHeavyError,
  WaitTimeoutError,
} from "./errors.js";
export { MemoryBudget } from "./memory-budget.js";
export { Permit } from "./permit.js";
export { Semaphore, type SemaphoreOptions, type SemaphoreSnapshot } from "./semaphore.js";
export { checkWait, type WaitOptions } from "./wait-options.js";
export { type Waiter, WaitingLine } from "./waiting-line.js";
