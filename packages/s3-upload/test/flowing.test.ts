import { EventEmitter } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { canFlow, openFlowing } from "../src/flowing.js";

/** What a stream has put off is done by then. */
async function turn(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => process.nextTick(resolve));
}

const chunks = (count: number) => Array.from({ length: count }, (_, i) => Buffer.alloc(10, i));

const pushing = (all: readonly Buffer[]) => {
  const stream = new Readable({ highWaterMark: 1_000, read() {} });
  for (const chunk of all) stream.push(chunk);
  stream.push(null);
  return stream;
};

/** A stream that nothing stops. */
function unpausable() {
  const destroyedBy: unknown[] = [];
  const destroy = (error?: Error) => void destroyedBy.push(error);
  const stream = Object.assign(new EventEmitter(), { pause() {}, resume() {}, destroy });
  return { stream, source: openFlowing(stream), destroyedBy };
}

async function allOf(stream: Readable): Promise<unknown[]> {
  const source = openFlowing(stream);
  const got: unknown[] = [];
  for (let step = await source.next(); !step.done; step = await source.next()) got.push(step.value);
  return got;
}

describe("a Readable, read as it flows", () => {
  test("gives the very chunks that were pushed, and joins none", async () => {
    const all = chunks(5);
    const got = await allOf(pushing(all));
    expect(got.length).toBe(5);
    got.forEach((chunk, i) => void expect(chunk).toBe(all[i]));
  });

  test("may be asked again after its end", async () => {
    const source = openFlowing(pushing([]));
    expect(await source.next()).toEqual({ done: true, value: undefined });
    expect(await source.next()).toEqual({ done: true, value: undefined });
  });

  test("is not read ahead of who asks", async () => {
    let made = 0;
    const stream = new Readable({
      objectMode: true,
      highWaterMark: 1,
      read() {
        this.push(Buffer.alloc(1, made++));
      },
    });
    const source = openFlowing(stream);
    await turn();
    expect(made).toBe(0);
    await source.next();
    await turn();
    expect(made).toBeLessThanOrEqual(3);
    source.cancel(undefined);
    expect(stream.destroyed).toBe(true);
  });

  test("fails with its own error, once somebody asks", async () => {
    const stream = new PassThrough();
    const source = openFlowing(stream);
    const failure = new Error("the disk is gone");
    stream.destroy(failure);
    await turn();
    await expect(source.next()).rejects.toBe(failure);
    await expect(source.next()).rejects.toBe(failure);
  });

  test("fails whoever waits", async () => {
    const stream = new PassThrough();
    const waiting = openFlowing(stream).next();
    const failure = new Error("the disk is gone");
    stream.destroy(failure);
    await expect(waiting).rejects.toBe(failure);
  });

  test("that is closed before its end is no whole body", async () => {
    const stream = new PassThrough();
    const waiting = openFlowing(stream).next();
    stream.destroy();
    await expect(waiting).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
  });

  test("is destroyed with the reason, if that is an error", async () => {
    const [one, other] = [new PassThrough(), new PassThrough()];
    for (const stream of [one, other]) stream.on("error", () => {});
    const reason = new Error("enough");
    openFlowing(one).cancel(reason);
    openFlowing(other).cancel("enough");
    expect([one.errored, other.errored, other.destroyed]).toEqual([reason, null, true]);
  });

  test("loses nothing that comes unasked", async () => {
    const { stream, source } = unpausable();
    stream.emit("data", "a");
    stream.emit("data", "b");
    stream.emit("end");
    const steps = [await source.next(), await source.next(), await source.next()];
    expect(steps.map(({ value }) => value)).toEqual(["a", "b", undefined]);
  });

  test("that heeds no pause is destroyed before much of it is kept, and fails", async () => {
    const [few, many, large] = [unpausable(), unpausable(), unpausable()];
    for (let i = 0; i < 16; i++) few.stream.emit("data", Buffer.alloc(2 ** 16));
    for (let i = 0; i < 17; i++) many.stream.emit("data", Buffer.alloc(1));
    for (let i = 0; i < 2; i++) large.stream.emit("data", Buffer.alloc(2 ** 20));
    expect([few, many, large].map(({ destroyedBy }) => destroyedBy.length)).toEqual([0, 1, 1]);

    many.stream.emit("data", Buffer.alloc(1));
    await expect(many.source.next()).rejects.toBe(many.destroyedBy[0]);
    await expect(large.source.next()).rejects.toMatchObject({
      name: "NotPausedError",
      code: "ERR_NOT_PAUSED",
      message: "the Readable heeds no pause(): 2 chunks, 2097152 bytes, came while nobody asked",
      chunks: 2,
      bytes: 2 ** 21,
    });
    expect(many.destroyedBy.length).toBe(1);
  });

  test("may bring one chunk of any size unasked, and again after that was read", async () => {
    const { stream, source, destroyedBy } = unpausable();
    const large = Buffer.alloc(2 ** 21);
    for (let i = 0; i < 3; i++) {
      stream.emit("data", large);
      expect((await source.next()).value === large).toBe(true);
    }
    expect(destroyedBy).toEqual([]);
  });

  test("is left to its own iterator where somebody reads by hand, or it cannot flow", () => {
    const stream = new PassThrough();
    expect(canFlow(stream)).toBe(true);
    stream.on("readable", () => {});
    expect(canFlow(stream)).toBe(false);
    expect(canFlow({ destroy() {}, on() {} })).toBe(false);
  });
});
