import type { Law } from "../law.js";
import { onSharedBudget } from "./sharing.js";
import * as full from "./sins-of-full.js";
import * as seats from "./sins-of-seats.js";
import { C13_SINNERS } from "./sins-of-sharing.js";
import type { MakeChannel } from "./subject.js";
import { onSchedules } from "./trial.js";
import * as fulls from "./violations-of-full.js";
import { seatsHoldRoom } from "./violations-of-seats.js";

type ChannelLaw = Law<MakeChannel>;

export const C8: ChannelLaw = {
  id: "C8",
  kind: "must",
  needs: "whenFull",
  says: "`drop-oldest`, `drop-newest` and `drop-incoming` never wait, drop exactly the item that they name, report it to `onUndelivered`, and count it.",
  hint: "what makes room for an item that does not fit: which end it takes from, how much, and whether it tells",
  sinners: full.C8_SINNERS,
  ...onSchedules({
    mix: { send: 8, receive: 2, tryReceive: 2, trySend: 3 },
    walked: ["send", "receive", "trySend"],
    weights: true,
    whenFull: ["drop-oldest", "drop-newest", "drop-incoming"],
    violations: fulls.droppedIsWhatIsNamed,
  }),
};

export const C9: ChannelLaw = {
  id: "C9",
  kind: "must",
  needs: "whenFull",
  says: "`reject` never waits: a full channel refuses at once with the item in the error.",
  hint: "the way of a send that finds no room: it must not come to the line",
  sinners: full.C9_SINNERS,
  ...onSchedules({
    mix: { send: 8, receive: 2, tryReceive: 2, trySend: 3 },
    whenFull: ["reject"],
    violations: fulls.refusedWithItem,
  }),
};

export const C10: ChannelLaw = {
  id: "C10",
  kind: "must",
  needs: "reserve",
  says: "`reserve` holds room without an item; a reserved seat that is given up frees the room; a used one cannot wait or fail.",
  hint: "what counts as room that is taken, and what a seat gives back",
  sinners: seats.C10_SINNERS,
  ...onSchedules({
    mix: {
      ...{ reserve: 5, "reserve with signal": 2, "use seat": 4, "give up seat": 3 },
      ...{ send: 3, receive: 4, tryReceive: 2, abort: 2, close: 1, cancel: 1 },
    },
    walked: [
      "reserve with signal",
      "use seat",
      "give up seat",
      "send",
      "receive",
      "abort",
      "close",
      "cancel",
    ],
    capacities: [1, 2, 3, 4],
    violations: seatsHoldRoom,
  }),
};

export const C13: ChannelLaw = {
  id: "C13",
  kind: "must",
  needs: "budget",
  says: "Channels that share a budget together never hold more than it, and closing one gives its share back.",
  hint: "the way of a permit: it comes with an item into the buffer, and goes when the item does, whatever way that is",
  sinners: C13_SINNERS,
  check: onSharedBudget,
};
