import { AdaptiveSemaphore, type Work } from "@sluice/read-slots";
import { describe, expect, test } from "vitest";

interface World {
  /** How many works at a time the other side can do without any of them taking longer. */
  bears: number;
  /** Milliseconds that a work takes when nothing waits. */
  takes: number;
}

/**
 * Virtual time: as many works as the limit allows, each as soon as there is room. What the other side gets done in a
 * millisecond is shared by all that are in progress, as the bytes of a line are.
 */
class Simulation {
  time = 0;
  done = 0;
  readonly limits: number[] = [];
  readonly #left: { work: Work; left: number }[] = [];
  readonly #jitter: () => number;

  constructor(jitter: () => number = () => 1) {
    this.#jitter = jitter;
  }

  limit(options: { max: number; start?: number; tolerance?: number }): AdaptiveSemaphore {
    const { tolerance, ...rest } = options;
    return new AdaptiveSemaphore({ ...rest, latency: { now: () => this.time, tolerance } });
  }

  run(limit: AdaptiveSemaphore, { bears, takes }: World, works: number, size = 2 ** 20): void {
    const held = this.#left.map(() => limit.tryAcquire());
    for (const until = this.done + works; this.done < until; ) {
      while (this.#left.length < limit.capacity) {
        held.push(limit.tryAcquire());
        this.#left.push({ work: limit.begin(size), left: takes * this.#jitter() });
      }
      const share = Math.min(1, bears / this.#left.length);
      const next = this.#left.reduce((a, b) => (b.left < a.left ? b : a));
      const passed = next.left;
      this.time += passed / share;
      for (const other of this.#left) other.left -= passed;
      this.#left.splice(this.#left.indexOf(next), 1);
      next.work.ended();
      held.pop()?.release();
      this.done++;
      this.limits.push(limit.capacity);
    }
    for (const permit of held) permit?.release();
  }
}

const last = (limits: readonly number[], count: number) => limits.slice(-count);

describe("an adaptive limit that looks at the time", () => {
  test("stops to grow where more at a time only take longer", () => {
    const world = new Simulation();
    const limit = world.limit({ max: 100, start: 4 });
    world.run(limit, { bears: 12, takes: 100 }, 5000);
    const settled = last(world.limits, 2000);
    // Enough for all that the line brings, but while it looks anew; and at most half as many again and three.
    expect(settled.filter((n) => n < 12).length / settled.length).toBeLessThan(0.1);
    expect(Math.max(...settled)).toBeLessThanOrEqual(12 * 1.5 + 3 + 1);
  });

  test("without it, the same line takes all of the ceiling", () => {
    const world = new Simulation();
    const limit = new AdaptiveSemaphore({ max: 30, start: 4 });
    world.run(limit, { bears: 12, takes: 100 }, 2000);
    expect(limit.capacity).toBe(30);
  });

  test("grows to the ceiling where nothing takes longer", () => {
    const world = new Simulation();
    const limit = world.limit({ max: 30, start: 4 });
    world.run(limit, { bears: 1000, takes: 100 }, 2000);
    expect(last(world.limits, 500).every((n) => n >= 28)).toBe(true);
  });

  test("is not misled by times that vary by chance", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    // From half to twice as long.
    const world = new Simulation(() => 2 ** (2 * random() - 1));
    const limit = world.limit({ max: 40, start: 4 });
    world.run(limit, { bears: 12, takes: 100 }, 8000);
    const settled = last(world.limits, 4000);
    const mean = settled.reduce((sum, n) => sum + n, 0) / settled.length;
    expect(mean).toBeGreaterThan(11);
    expect(mean).toBeLessThan(24);
  });

  test("shrinks again when the line becomes slower, and grows when it becomes faster", () => {
    const world = new Simulation();
    const limit = world.limit({ max: 100, start: 4 });
    world.run(limit, { bears: 24, takes: 100 }, 5000);
    expect(limit.capacity).toBeGreaterThanOrEqual(24);
    world.run(limit, { bears: 6, takes: 100 }, 5000);
    expect(Math.max(...last(world.limits, 1000))).toBeLessThanOrEqual(6 * 1.5 + 3 + 1);
    world.run(limit, { bears: 24, takes: 100 }, 5000);
    expect(last(world.limits, 2000).filter((n) => n < 24).length).toBeLessThan(200);
  });

  test("forgets the times of a network that has gone", () => {
    const world = new Simulation();
    const limit = world.limit({ max: 16, start: 4 });
    world.run(limit, { bears: 1000, takes: 10 }, 2000);
    // Ten times as far away, and as wide.
    world.run(limit, { bears: 1000, takes: 100 }, 4000);
    expect(limit.capacity).toBeGreaterThanOrEqual(15);
  });

  test("compares works of like size only", () => {
    const world = new Simulation();
    const limit = world.limit({ max: 20, start: 4 });
    for (let n = 0; n < 60; n++) {
      world.run(limit, { bears: 1000, takes: 5 }, 40, 1000);
      world.run(limit, { bears: 1000, takes: 500 }, 40, 8 * 2 ** 20);
    }
    expect(Math.min(...last(world.limits, 200))).toBeGreaterThanOrEqual(18);
  });

  test("does not look at works without a size, nor at those from before a cut", () => {
    let time = 0;
    const limit = new AdaptiveSemaphore({ max: 9, start: 4, latency: { now: () => time } });
    const permit = limit.tryAcquire(4);
    for (let n = 1; n <= 30; n++) {
      const work = limit.begin();
      time += n * 1000;
      work.ended();
    }
    permit?.release();
    expect(limit.capacity).toBeGreaterThan(4);
    expect(limit.snapshot().waitingThere).toBe(0);

    const old = limit.begin(1);
    limit.begin(1).failed({ slowDown: true });
    time += 1e9;
    old.ended();
    expect(limit.snapshot().last?.why).toMatch(/told to slow down/);
  });

  test("a work that is not heard of again has said nothing", () => {
    const limit = new AdaptiveSemaphore({ max: 9, start: 1 });
    for (let n = 0; n < 10; n++) limit.begin(1);
    expect(limit.snapshot()).toMatchObject({ capacity: 1, raises: 0, cuts: 0 });
  });

  test("hears of a slow down by a work's failure and by its result", () => {
    const limit = new AdaptiveSemaphore({ max: 20, start: 10 });
    limit.begin().failed(Object.assign(new Error("busy"), { code: "SlowDown" }));
    expect(limit.capacity).toBe(7);
    limit.begin().ended({ status: 503 });
    expect(limit.capacity).toBe(4);
    limit.begin().failed(new Error("something else"));
    expect(limit.capacity).toBe(4);
  });

  test("a clock that jumps moves the limit by one at the most", () => {
    let time = 0;
    const limit = new AdaptiveSemaphore({ max: 20, start: 10, latency: { now: () => time } });
    const round = (takes: number) => {
      const held = limit.tryAcquire(limit.capacity);
      const works = Array.from({ length: limit.capacity }, () => limit.begin(1));
      time += takes;
      for (const work of works) work.ended();
      held?.release();
    };
    round(10);
    round(10);
    expect(limit.capacity).toBe(12);
    round(1e12);
    expect(limit.capacity).toBe(11);
    round(-1e12);
    expect(limit.capacity).toBe(12);
    expect(limit.snapshot().last?.why).toMatch(/in full use, 0\.0 of them waited there/);
  });

  test("refuses what makes no sense", () => {
    for (const latency of [
      { tolerance: 0.9 },
      { tolerance: Number.NaN },
      { now: 5 as unknown as () => number },
    ]) {
      expect(() => new AdaptiveSemaphore({ max: 4, latency })).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_VALUE" }),
      );
    }
  });
});
