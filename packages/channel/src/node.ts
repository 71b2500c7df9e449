export { fromReadable } from "./node/from-readable.js";
export { type ReadableOptions, toReadable } from "./node/to-readable.js";
