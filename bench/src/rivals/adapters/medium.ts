import type { Parcel } from "@sluice/laws";
import { CLOSED, chan, close, put, take } from "medium";
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

export const medium: ChannelRival = {
  kind: "channel",
  name: "medium",
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
  adapter:
    "`put` and `take`, iteration by `take`; a put that gives `false` and the value `CLOSED` tell of the end; `chan()` is the rendezvous",
  make({ capacity }) {
    // A box, because a chan is a thenable: to await it is to take.
    const box = { chan: capacity === 0 ? chan() : chan(capacity) };
    const receive = async () => {
      const value = await take(box.chan);
      if (value === CLOSED) throw new TheEnd();
      return value as Parcel;
    };
    return {
      trySend: () => false,
      async send(item) {
        if (!(await put(box.chan, item))) throw new TheEnd();
      },
      tryReceive: () => undefined,
      receive,
      close: () => close(box.chan),
      [Symbol.asyncIterator]: () => ({
        async next() {
          const value = await take(box.chan);
          return value === CLOSED
            ? { done: true, value: undefined }
            : { done: false, value: value as Parcel };
        },
      }),
    };
  },
};
