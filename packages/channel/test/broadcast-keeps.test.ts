import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { broadcast, Channel, type Receiver } from "@sluice/channel";
import { describe, expect, test } from "vitest";

setFlagsFromString("--expose-gc");
const gc: () => void = runInNewContext("gc");

/** Whether all of these are collected, soon or never. */
async function collected(...items: readonly WeakRef<object>[]): Promise<boolean> {
  const gone = () => items.every((item) => item.deref() === undefined);
  for (let round = 0; round < 50 && !gone(); round++) {
    await new Promise((resolve) => setImmediate(resolve)); // what was looked at lives until the end of the task
    gc();
  }
  return gone();
}

/** Sends an item that nobody but the channel and its receivers knows. */
function sent(channel: Channel<object>): WeakRef<object> {
  const item = { n: 1 };
  channel.trySend(item);
  return new WeakRef(item);
}

// In a function of its own, so that no register keeps the item.
const taken = (branch: Receiver<object>): boolean => branch.tryReceive() !== undefined;

describe("what all branches have is kept no longer", () => {
  function branches(): [Channel<object>, Receiver<object>, Receiver<object>] {
    const source = new Channel<object>(4);
    const [one, two] = broadcast(source, 2, { lag: 2 });
    return [source, one!, two!];
  }

  test("when they took it", async () => {
    const [source, one, two] = branches();
    const item = sent(source);
    for (const branch of [one, two]) taken(branch);
    expect(await collected(item)).toBe(true);
    expect(two.tryReceive()).toBeUndefined();
  });

  test("when they waited for it", async () => {
    const [source, one, two] = branches();
    const waiting = [one, two].map((branch) => branch.receive().then(() => undefined));
    const item = sent(source);
    await Promise.all(waiting);
    expect(await collected(item)).toBe(true);
    expect(one.tryReceive()).toBeUndefined();
  });

  test("when those that did not have it have left", async () => {
    const [source, one, two] = branches();
    const item = sent(source);
    taken(one);
    one.cancel();
    two.cancel();
    expect(await collected(item)).toBe(true);
    expect([one.tryReceive(), two.tryReceive()]).toEqual([undefined, undefined]);
  });
});

test("a branch that was left has nothing more, though others have still to get it", () => {
  const source = new Channel<number>(4);
  const [one, two, three] = broadcast(source, 3, { lag: 2 });
  source.trySend(1);
  expect(one?.tryReceive()).toEqual({ value: 1 });
  two?.cancel();
  expect([two?.tryReceive(), three?.tryReceive()]).toEqual([undefined, { value: 1 }]);
});

test("nobody overtakes who waits at the same branch", async () => {
  const source = new Channel<number>(4);
  const [one, two, three] = broadcast(source, 3, { lag: 1 });
  source.trySend(1);
  expect([one?.tryReceive(), two?.tryReceive()]).toEqual([{ value: 1 }, { value: 1 }]);
  const waiting = two?.receive(); // not before the third has taken the first
  source.trySend(2);
  expect([three?.tryReceive(), one?.tryReceive()]).toEqual([{ value: 1 }, { value: 2 }]);
  expect(two?.tryReceive()).toBeUndefined();
  expect(await waiting).toBe(2);
});
