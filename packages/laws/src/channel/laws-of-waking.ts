import type { Law } from "../law.js";
import { C18_SINNERS } from "./sins-of-being-next.js";
import * as room from "./sins-of-room.js";
import type { MakeChannel } from "./subject.js";
import { onSchedules } from "./trial.js";
import * as rooms from "./violations-of-room.js";

type ChannelLaw = Law<MakeChannel>;

export const C15: ChannelLaw = {
  id: "C15",
  kind: "must",
  needs: "lowWater",
  says: "With `lowWater`, senders that wait are let in once no more than that is buffered, and then as many as have room; who comes to room and to nobody who waits is let in at once.",
  hint: "where the mark is looked at: once for each time that room becomes free, and never for who comes while nobody waits",
  sinners: room.C15_SINNERS,
  ...onSchedules({
    mix: { send: 8, "send with signal": 2, receive: 4, tryReceive: 3, abort: 2 },
    walked: ["send", "receive", "tryReceive"],
    weights: true,
    capacities: [2, 3, 4],
    lowWater: [0, 1, 2],
    violations: rooms.woken,
  }),
};

export const C16: ChannelLaw = {
  id: "C16",
  kind: "must",
  needs: "whenRoom",
  says: "`whenRoom` waits in line with the senders, says `true` when there is room or a receiver and `false` once the channel has ended, and holds nothing.",
  hint: "what stands in the line of senders without an item: it is answered, and leaves everything as it was",
  sinners: room.C16_SINNERS,
  ...onSchedules({
    mix: {
      ...{ "wait for room": 5, "wait for room with signal": 2, send: 6, "send with signal": 1 },
      ...{ receive: 5, tryReceive: 2, abort: 2, close: 1 },
    },
    walked: ["wait for room with signal", "send", "receive", "abort", "close"],
    violations: rooms.toldOfRoom,
  }),
};

export const C17: ChannelLaw = {
  id: "C17",
  kind: "must",
  needs: "receiveMany",
  says: "`receiveMany` and `drain` give what is there, in order and at most `max`; where nothing is, `drain` gives `[]` and `receiveMany` waits for an item, or for the end and gives `[]`.",
  hint: "receiveMany(): the items that are there, one by one as receive() takes them, and a wait only for the first",
  sinners: room.C17_SINNERS,
  ...onSchedules({
    mix: { send: 8, receive: 2, "receive many": 5, drain: 3, close: 1 },
    walked: ["send", "receive", "receive many", "drain", "close"],
    violations: rooms.batched,
  }),
};

export const C18: ChannelLaw = {
  id: "C18",
  kind: "must",
  says: "If anyone waits to send, the oldest has no room, also after who stood before it gave up.",
  hint: "every way in which an item leaves or a sender gives up: each must let in whoever has room now",
  sinners: C18_SINNERS,
  ...onSchedules({
    mix: {
      send: 5,
      "send with signal": 6,
      "send with timeout": 1,
      receive: 4,
      tryReceive: 2,
      abort: 4,
      expire: 1,
    },
    walked: ["send with signal", "send", "receive", "abort"],
    weights: true,
    capacities: [1, 2, 3, 4],
    violations: rooms.oldestHasNoRoom,
  }),
};
