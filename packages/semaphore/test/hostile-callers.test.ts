import { type Permit, Semaphore } from "@sluice/semaphore";
import { describe, expect, test, vi } from "vitest";

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe("permits that outlive what they were for", () => {
  test("after close a permit can still be divided, and each part gives back its own weight once", async () => {
    const semaphore = new Semaphore(10);
    const whole = await semaphore.acquire(10);
    const idle = semaphore.whenIdle();
    semaphore.close("over");
    const part = whole.split(4);
    whole.shrink(1);
    expect(semaphore.held).toBe(5);
    for (const permit of [whole, part, whole, part]) permit.release();
    await idle;
    expect(semaphore.held).toBe(0);
  });

  test("a released permit divides nothing more, even if its number now belongs to somebody else", async () => {
    const semaphore = new Semaphore(3);
    const first = await semaphore.acquire(3);
    first.release();
    const second = await semaphore.acquire(3);
    expect(() => first.split(1)).toThrow(expect.objectContaining({ code: "ERR_RELEASED" }));
    expect(() => first.shrink(1)).toThrow(expect.objectContaining({ code: "ERR_RELEASED" }));
    first.release();
    expect([semaphore.held, second.weight, second.released]).toEqual([3, 3, false]);
  });

  test("a task of `use` that gives its permit back early, or in parts, gives nothing back twice", async () => {
    const semaphore = new Semaphore(4);
    await semaphore.use(4, (permit) => {
      permit.split(1).release();
      permit.release();
      expect(semaphore.held).toBe(0);
    });
    const kept: Permit[] = [];
    await semaphore.use(4, (permit) => kept.push(permit.split(3)));
    expect(semaphore.held).toBe(3);
    kept[0]?.release();
    expect(semaphore.held).toBe(0);
  });

  test("what is no task is an error of `use`, and its permit is back", async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.use(1, undefined as unknown as () => void)).rejects.toBeInstanceOf(TypeError);
    expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0 });
  });

  test("a task of `use` may close, resize and abort its own wait: it ends as it would have", async () => {
    const semaphore = new Semaphore(4);
    const stop = new AbortController();
    const task = () => {
      stop.abort("too late");
      semaphore.resize(1);
      semaphore.close();
      return "done";
    };
    await expect(semaphore.use(2, task, { signal: stop.signal })).resolves.toBe("done");
    expect(semaphore.held).toBe(0);
  });
});

describe("aborts", () => {
  test("an already aborted signal rejects every wait with its reason, whether there is room or not", async () => {
    const reason = { toString: () => "mine" };
    const signal = AbortSignal.abort(reason);
    const semaphore = new Semaphore(1);
    const task = vi.fn();
    for (const held of [undefined, semaphore.tryAcquire()]) {
      const before = semaphore.snapshot();
      await expect(semaphore.acquire(1, { signal })).rejects.toBe(reason);
      await expect(semaphore.use(1, task, { signal })).rejects.toBe(reason);
      await expect(semaphore.whenIdle({ signal })).rejects.toBe(reason);
      expect(semaphore.snapshot()).toEqual(before);
      held?.release();
    }
    expect(task).not.toHaveBeenCalled();
  });

  test("an already aborted signal keeps `use` from running its task, though there is room", async () => {
    const task = () => expect.unreachable();
    await expect(new Semaphore(1).use(1, task, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });

  test("a weight that can never be granted, and the end, are told before the abort", async () => {
    const signal = AbortSignal.abort("stop");
    const semaphore = new Semaphore(1);
    await expect(semaphore.acquire(2, { signal })).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
    semaphore.close();
    await expect(semaphore.acquire(1, { signal })).rejects.toMatchObject({ code: "ERR_CLOSED" });
  });

  test.each(["before", "behind"] as const)(
    "a listener that runs %s the semaphore's own may release, acquire and try: each wait has one outcome",
    async (place) => {
      const semaphore = new Semaphore(2);
      const holder = await semaphore.acquire(2);
      const stop = new AbortController();
      const granted: Permit[] = [];
      const others: Promise<unknown>[] = [];
      const listen = () =>
        stop.signal.addEventListener("abort", () => {
          others.push(semaphore.acquire(1).then((permit) => granted.push(permit)));
          others.push(
            expect(semaphore.acquire(1, { signal: stop.signal })).rejects.toBe("stop") as Promise<void>,
          );
          holder.release();
          expect(semaphore.held).toBeLessThanOrEqual(2);
          const tried = semaphore.tryAcquire(1);
          if (tried) granted.push(tried);
        });
      if (place === "before") listen();
      const waits = [1, 1, 1].map((weight) => semaphore.acquire(weight, { signal: stop.signal }));
      if (place === "behind") listen();
      stop.abort("stop");
      for (const outcome of await Promise.allSettled(waits)) {
        if (outcome.status === "fulfilled") outcome.value.release();
        else expect(outcome.reason).toBe("stop");
      }
      await Promise.all(others);
      expect(granted.length).toBeGreaterThan(0);
      for (const permit of granted) permit.release();
      expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0 });
    },
  );

  test("a listener that closes the semaphore leaves nobody waiting", async () => {
    const semaphore = new Semaphore(1);
    await semaphore.acquire();
    const stop = new AbortController();
    stop.signal.addEventListener("abort", () => semaphore.close("closed by a listener"));
    const aborted = semaphore.acquire(1, { signal: stop.signal });
    const other = semaphore.acquire();
    stop.abort("stop");
    const [first, second] = await Promise.allSettled([aborted, other]);
    expect(first.status).toBe("rejected");
    expect(second).toMatchObject({ status: "rejected", reason: { code: "ERR_CLOSED" } });
    expect(semaphore.waiting).toBe(0);
  });

  test("a listener that resizes below what the others wait for refuses them once", async () => {
    const semaphore = new Semaphore(4);
    const holder = await semaphore.acquire(4);
    const stop = new AbortController();
    const heavy = semaphore.acquire(3, { signal: stop.signal });
    const other = semaphore.acquire(3);
    const light = semaphore.acquire(1);
    stop.signal.addEventListener("abort", () => semaphore.resize(2));
    stop.abort("stop");
    await expect(heavy).rejects.toBe("stop");
    await expect(other).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
    holder.release();
    expect((await light).weight).toBe(1);
  });
});

describe("waiting with a limit of one's own", () => {
  test("`timeout` and `signal` take the place away, so nothing leaks to a caller who has left", async () => {
    vi.useFakeTimers();
    try {
      const semaphore = new Semaphore(1);
      const holder = await semaphore.acquire();
      const stop = new AbortController();
      const late = expect(semaphore.acquire(1, { timeout: 10 })).rejects.toMatchObject({
        code: "ERR_WAIT_TIMEOUT",
      });
      const left = expect(semaphore.acquire(1, { signal: stop.signal })).rejects.toBe("left");
      vi.advanceTimersByTime(10);
      stop.abort("left");
      await Promise.all([late, left]);
      holder.release();
      await turns();
      expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0, granted: 1 });
    } finally {
      vi.useRealTimers();
    }
  });

  test("a race against a timer keeps the place, and the permit goes to the promise that lost", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const wait = semaphore.acquire();
    expect(await Promise.race([wait, Promise.resolve("too late")])).toBe("too late");
    expect(semaphore.waiting).toBe(1);
    holder.release();
    await turns();
    expect(semaphore.held).toBe(1);
    (await wait).release();
    expect(semaphore.held).toBe(0);
  });
});
