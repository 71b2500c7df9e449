export { budgetFromContainer, type ContainerBudgetOptions } from "./node/budget-from-container.js";
export { type Machine, type MemoryBounds, memoryBounds } from "./node/memory-bounds.js";
export { type PressureOptions, watchPressure } from "./node/watch-pressure.js";
