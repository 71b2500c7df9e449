import { check, type Work } from "../run/clock.js";

/** The few words that most channels have in common, for items that are numbers. */
export interface Pipe {
  /** A function for one sender. What it gives is awaited before the next. */
  sender(): (item: number) => unknown;
  readonly items: AsyncIterable<number>;
  /** Called when all senders are done. */
  close(): unknown;
}

/** One sender, one receiver, and a new pipe for each run. */
export const flowOf = (open: () => Pipe) => between(open, 1);

/** Four and four. */
export const crowdOf = (open: () => Pipe) => between(open, 4);

function between(open: () => Pipe, parties: number): Work {
  return async (times) => {
    const pipe = open();
    const receivers = Array.from({ length: parties }, () => receive(pipe.items));
    const senders = Array.from({ length: parties }, (_, party) => send(pipe.sender(), party, parties, times));
    await Promise.all(senders);
    await pipe.close();
    let sum = 0;
    for (const part of await Promise.all(receivers)) sum += part;
    check("the sum of what was received", sum, (times * (times - 1)) / 2);
  };
}

async function send(
  one: (item: number) => unknown,
  first: number,
  step: number,
  times: number,
): Promise<void> {
  for (let item = first; item < times; item += step) await one(item);
}

async function receive(items: AsyncIterable<number>): Promise<number> {
  let sum = 0;
  for await (const item of items) sum += item;
  return sum;
}

/**
 * A sender for what tells it of the receipt instead of the room: it waits for the receipt of the item that it sent so
 * many before, so that as many are on their way. The receipts that are left are in `windows`.
 */
export function windowed(
  push: (item: number) => unknown,
  length: number,
  windows: unknown[][],
): (item: number) => unknown {
  const receipts = new Array<unknown>(length).fill(undefined);
  windows.push(receipts);
  let at = 0;
  return (item) => {
    const oldest = receipts[at];
    receipts[at] = push(item);
    at = at + 1 === length ? 0 : at + 1;
    return oldest;
  };
}
