export { type BroadcastOptions, broadcast } from "./broadcast.js";
export { Channel } from "./channel.js";
export { FullError } from "./errors.js";
export type { Receiver, Sender, SendPermit } from "./halves.js";
export { merge } from "./merge.js";
export type { ChannelOptions, OnUndelivered, WhenFull } from "./options.js";
export type { Budget, Lease } from "./share.js";
export type { ChannelSnapshot } from "./snapshot.js";
