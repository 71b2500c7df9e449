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

export const NO_PARTS = "its permits cannot be divided";
export const NO_RESIZE = "its capacity is settled when it is made";
export const NO_DROPPING = "what it may drop, if it does, is not adapted here";
export const NO_REFUSING = "it has no mode in which a full channel refuses";
export const NO_SEATS = "it has no reserve()";
export const NO_SHARING = "its channels share no budget";
export const NO_LOW_WATER = "it has no low-water mark";
export const NO_WHEN_ROOM = "it has no whenRoom()";
export const NO_BATCHES = "it has neither receiveMany() nor drain()";

export const NO_TIMING = "what things cost is compared in bench/, side by side";
