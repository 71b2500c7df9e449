import {
  type MakeChannel,
  type MakeSemaphore,
  type PermitLike,
  ReferenceChannel,
  ReferenceSemaphore,
  type WaitLike,
} from "@sluice/laws";
import type { Feature } from "./rival.js";

// A law brings its own schedules, and cannot be told what a subject lacks. But the same seed brings the same
// schedules, until one breaks the law: so the laws first judge the kit's reference, which only notes down what
// each schedule asks for. In the run that counts, a schedule that asks for too much is played on the reference
// again, and any other on the rival.

/** What each schedule asked for, in the order of the schedules. */
export type AskedFor = Set<Feature>[];

const waits = (asked: Set<Feature>, { signal, timeout }: WaitLike = {}): void => {
  if (signal) asked.add("signals");
  if (timeout !== undefined) asked.add("time-outs");
};

function noteSecond(permit: PermitLike, asked: Set<Feature>): PermitLike {
  let released = false;
  return {
    weight: permit.weight,
    release() {
      if (released) asked.add("permits");
      released = true;
      permit.release();
    },
  };
}

/** A lawful semaphore that notes down what is asked of it. */
export function notingSemaphore(notes: AskedFor): MakeSemaphore {
  return (capacity, options) => {
    const asked = new Set<Feature>();
    notes.push(asked);
    return new (class extends ReferenceSemaphore {
      override acquire(weight: number, wait?: WaitLike) {
        if (weight !== 1) asked.add("weights");
        waits(asked, wait);
        return super.acquire(weight, wait).then((permit) => noteSecond(permit, asked));
      }
      override tryAcquire(weight: number) {
        if (weight !== 1) asked.add("weights");
        asked.add("tryAcquire");
        const permit = super.tryAcquire(weight);
        return permit && noteSecond(permit, asked);
      }
    })(capacity, options);
  };
}

/** A lawful channel that notes down what is asked of it. */
export function notingChannel(notes: AskedFor): MakeChannel {
  return (options) => {
    const asked = new Set<Feature>(options.capacity === 0 ? ["rendezvous"] : []);
    notes.push(asked);
    type Item = Parameters<typeof options.weigh>[0];
    return new (class extends ReferenceChannel<Item> {
      override send(item: Item, wait?: WaitLike) {
        if (item.weight !== 1) asked.add("weights");
        waits(asked, wait);
        return super.send(item, wait);
      }
      override trySend(item: Item) {
        if (item.weight !== 1) asked.add("weights");
        asked.add("trySend");
        return super.trySend(item);
      }
      override receive(wait?: WaitLike) {
        waits(asked, wait);
        return super.receive(wait);
      }
      override tryReceive() {
        asked.add("tryReceive");
        return super.tryReceive();
      }
    })(options);
  };
}
