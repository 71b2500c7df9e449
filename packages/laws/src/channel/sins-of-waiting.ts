import type { WaitLike } from "../semaphore/subject.js";
import { ReferenceChannel } from "./reference.js";
import { treats } from "./sinner.js";
import type { Parcel } from "./subject.js";

export const C5_SINNERS = [
  treats(
    "delivers to a ghost: an aborted receive still takes an item",
    class extends ReferenceChannel<Parcel> {
      protected override giveUp() {}
    },
  ),
  treats(
    "sends the item although the send was aborted",
    class extends ReferenceChannel<Parcel> {
      protected override withdraw() {}
    },
  ),
  treats(
    "loses the item when the abort of a receive comes right behind the send",
    class extends ReferenceChannel<Parcel> {
      protected override deliver(offer: number, taker: number) {
        const item = this.itemOf(offer);
        queueMicrotask(() => this.receivers.get(taker)?.resolve(item));
      }
    },
  ),
  treats(
    "rejects with an error of its own instead of signal.reason",
    class extends ReferenceChannel<Parcel> {
      override send(item: Parcel, options: WaitLike = {}) {
        return super.send(item, options).catch((error: unknown) => {
          throw options.signal?.aborted ? new Error("aborted") : error;
        });
      }
    },
  ),
  treats(
    "takes an item although the signal was aborted before the call",
    class extends ReferenceChannel<Parcel> {
      override receive({ signal, timeout }: WaitLike = {}) {
        if (!signal?.aborted) return super.receive({ signal, timeout });
        return super.receive().then(() => Promise.reject(signal.reason));
      }
    },
  ),
  treats(
    "ignores time-outs",
    class extends ReferenceChannel<Parcel> {
      override send(item: Parcel, { signal }: WaitLike = {}) {
        return super.send(item, { signal });
      }
      override receive({ signal }: WaitLike = {}) {
        return super.receive({ signal });
      }
    },
  ),
];
