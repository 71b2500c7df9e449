import { Channel } from "@sluice/channel";
import { Semaphore } from "@sluice/semaphore";
import type { ChannelRival, SemaphoreRival } from "../rival.js";

export const sluiceSemaphore: SemaphoreRival = {
  kind: "semaphore",
  name: "@sluice/semaphore",
  lacks: [],
  waivers: {},
  adapter: "as it is",
  make: (capacity, options) => new Semaphore(capacity, options),
};

export const sluiceChannel: ChannelRival = {
  kind: "channel",
  name: "@sluice/channel",
  lacks: [],
  waivers: {},
  adapter: "as it is",
  make: (options) => new Channel(options),
};
