export { budgetFromContainer, type ContainerBudgetOptions } from "./node/budget-from-container.js";
export { GuardedSemaphore } from "./node/guarded-semaphore.js";
export { type Machine, type MemoryBounds, memoryBounds } from "./node/memory-bounds.js";
export { NestedAcquireError } from "./node/nested-acquire-error.js";
export { type PressureOptions, watchPressure } from "./node/watch-pressure.js";
