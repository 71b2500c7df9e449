export { Channel } from "./channel.js";
export { FullError } from "./errors.js";
export type { Receiver, Sender } from "./halves.js";
export type { ChannelOptions, OnUndelivered, WhenFull } from "./options.js";
export type { ChannelSnapshot } from "./snapshot.js";
