import { FixedBuffer, Repeater } from "@repeaterjs/repeater";
import { check } from "../../run/clock.js";
import type { Subject } from "../subject.js";

/** The sender is what it is made of. A push settles when there is room for the next. */
export const subject: Subject = {
  flow: (capacity) => async (times) => {
    const items = new Repeater<number>(async (push, stop) => {
      for (let item = 0; item < times; item++) await push(item);
      stop();
    }, new FixedBuffer(capacity));
    let sum = 0;
    for await (const item of items) sum += item;
    check("the sum of what was received", sum, (times * (times - 1)) / 2);
  },
  queued: (count) => async () => {
    let full: () => void = () => {};
    const isFull = new Promise<void>((resolve) => (full = resolve));
    const keep = new Repeater<number>(async (push) => {
      // The first goes to the receiver that set it off.
      for (let left = count + 1; left > 0; left--) void push(7);
      full();
      await new Promise(() => {});
    }, new FixedBuffer(count));
    await keep.next();
    await isFull;
    return { keep };
  },
};
