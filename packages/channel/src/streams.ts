export { type BroadcastOptions, broadcast } from "./broadcast.js";
export { merge } from "./merge.js";
export { fromReadableStream, toReadableStream } from "./web-streams.js";
