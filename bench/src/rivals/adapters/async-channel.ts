import type { Parcel } from "@sluice/laws";
import { Channel, ChannelClosedError } from "async-channel";
import type { ChannelRival } from "../rival.js";
import { TheEnd } from "./the-end.js";
import {
  NO_BATCHES,
  NO_CONSUME,
  NO_DROPPING,
  NO_FAIL,
  NO_HANDING_OVER,
  NO_LOW_WATER,
  NO_REFUSING,
  NO_SEATS,
  NO_SHARING,
  NO_SIGNALS,
  NO_WEIGHTS,
  NO_WHEN_ROOM,
} from "./why-waived.js";

export const asyncChannel: ChannelRival = {
  kind: "channel",
  name: "async-channel",
  lacks: ["weights", "signals", "time-outs", "trySend", "tryReceive"],
  waivers: {
    C15: NO_LOW_WATER,
    C16: NO_WHEN_ROOM,
    C17: NO_BATCHES,
    C8: NO_DROPPING,
    C9: NO_REFUSING,
    C10: NO_SEATS,
    C13: NO_SHARING,
    C4: NO_FAIL,
    C5: NO_SIGNALS,
    C6: NO_WEIGHTS,
    C7: NO_HANDING_OVER,
    C12: NO_CONSUME,
    C14: NO_WEIGHTS,
  },
  adapter: "`push` and `get`; `ChannelClosedError` tells of the end, and nobody closes it twice",
  make({ capacity }) {
    const channel = new Channel<Parcel>(capacity);
    return {
      trySend: () => false,
      send: (item) => channel.push(item),
      tryReceive: () => undefined,
      async receive() {
        try {
          return await channel.get();
        } catch (error) {
          throw error instanceof ChannelClosedError ? new TheEnd() : error;
        }
      },
      close() {
        if (!channel.closed) channel.close();
      },
      [Symbol.asyncIterator]: () => channel[Symbol.asyncIterator](),
    };
  },
};
