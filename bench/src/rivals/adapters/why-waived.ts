// The reasons that several rivals share.

export const NO_WEIGHTS = "it has no weights";
export const NO_SIGNALS = "it knows no AbortSignal";
export const NO_CLOSE = "it has no close()";
export const NO_TRY = "it has no synchronous tryAcquire()";
export const NO_LIMIT = "its line has no limit";
export const NO_PERMITS = "it hands out no permits: release() is the semaphore's own";

export const NO_FAIL = "it has no fail()";
export const NO_HANDING_OVER = "it has no cancel() that hands over what was not received";
export const NO_CONSUME = "it has no consume()";
