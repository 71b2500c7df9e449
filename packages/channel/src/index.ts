export { Channel } from "./channel.js";
export type { Receiver, Sender } from "./halves.js";
export type { ChannelOptions } from "./options.js";
export type { ChannelSnapshot } from "./snapshot.js";
