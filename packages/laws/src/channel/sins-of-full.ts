import { ReferenceChannel } from "./reference.js";
import { decides, treats } from "./sinner.js";
import type { Parcel } from "./subject.js";
import { SlowChannel } from "./twin.js";

export const C8_SINNERS = [
  decides(
    "drops the other end",
    class extends SlowChannel {
      override victim(incoming: SlowChannel["line"][number]) {
        const inside = this.line.filter(({ accepted }) => accepted);
        if (this.whenFull === "drop-incoming") return incoming;
        return (this.whenFull === "drop-oldest" ? inside.at(-1) : inside[0]) ?? incoming;
      }
    },
  ),
  decides(
    "drops everything that is inside to make room for one",
    class extends SlowChannel {
      override giveWay(id: number) {
        const all = this.line.filter(({ accepted, id: other }) => accepted && other !== id);
        return [...all.flatMap((offer) => super.giveWay(offer.id)), ...super.giveWay(id)];
      }
    },
  ),
  decides(
    "drops the incoming item if dropping one of the others is not enough",
    class extends SlowChannel {
      override victim(incoming: SlowChannel["line"][number]) {
        const victim = super.victim(incoming);
        return this.buffered - victim.weight + incoming.weight <= this.capacity ? victim : incoming;
      }
    },
  ),
  decides(
    "waits for room",
    class extends SlowChannel {
      override overflow() {
        return [];
      }
    },
  ),
  treats(
    "drops without a word",
    class extends ReferenceChannel<Parcel> {
      protected override drop(offer: number) {
        this.itemOf(offer);
      }
    },
  ),
  treats(
    "does not count what it drops",
    class extends ReferenceChannel<Parcel> {
      override snapshot() {
        return { ...super.snapshot(), dropped: 0 };
      }
    },
  ),
  decides(
    "refuses instead of dropping",
    class extends SlowChannel {
      constructor(capacity: number) {
        super(capacity, "reject");
      }
    },
  ),
];

export const C9_SINNERS = [
  decides(
    "waits for room",
    class extends SlowChannel {
      override overflow() {
        return [];
      }
    },
  ),
  treats(
    "keeps the item: its error is only a word",
    class extends ReferenceChannel<Parcel> {
      override send(item: Parcel) {
        return super.send(item).catch((error: { code: unknown }) => {
          throw Object.assign(new Error("full"), { code: error.code });
        });
      }
    },
  ),
  decides(
    "drops the item as if it had been sent",
    class extends SlowChannel {
      constructor(capacity: number) {
        super(capacity, "drop-incoming");
      }
    },
  ),
  treats(
    "does not count what it refuses",
    class extends ReferenceChannel<Parcel> {
      override snapshot() {
        return { ...super.snapshot(), rejected: 0 };
      }
    },
  ),
];
