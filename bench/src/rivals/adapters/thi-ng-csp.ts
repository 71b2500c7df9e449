import type { Parcel } from "@sluice/laws";
import { channel } from "@thi.ng/csp";
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

export const thiNgCsp: ChannelRival = {
  kind: "channel",
  name: "@thi.ng/csp",
  lacks: ["weights", "signals", "time-outs", "rendezvous"],
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
    C18: "a write resolves when its item is read, also where the buffer had room for it, which the check takes for a sender who is held up",
    C12: NO_CONSUME,
    C14: NO_WEIGHTS,
  },
  adapter:
    "`write`, `offer`, `read` and `poll`; a write that gives `false` and a read that gives `undefined` tell of the end",
  make({ capacity }) {
    const chan = channel<Parcel>(capacity);
    return {
      trySend: (item) => chan.offer(item),
      async send(item) {
        if (!(await chan.write(item))) throw new TheEnd();
      },
      tryReceive() {
        const value = chan.poll();
        return value === undefined ? undefined : { value };
      },
      async receive() {
        const value = await chan.read();
        if (value === undefined) throw new TheEnd();
        return value;
      },
      close: () => chan.close(),
      [Symbol.asyncIterator]: () => chan[Symbol.asyncIterator](),
    };
  },
};
