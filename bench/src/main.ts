import { Channel } from "@sluice/channel";
import { Semaphore } from "@sluice/semaphore";
import { Semaphore as MutexSemaphore } from "async-mutex";
import { Sema } from "async-sema";
import { Semaphore as ToolkitSemaphore } from "es-toolkit";
import { Bench } from "tinybench";
import { FloorChannel } from "./floor/channel.js";
import { FloorSemaphore } from "./floor/semaphore.js";

// One process for all rows, so a row may suffer from what the one before has made V8 believe: read the ratios
// with a grain of salt.

type Work = () => Promise<void>;

/** Prints a table: the first row is the floor, and the ratios are to it. */
async function table(title: string, rows: Readonly<Record<string, Work>>, operations: number): Promise<void> {
  const bench = new Bench({ name: title, time: 500, warmupTime: 200 });
  for (const [name, work] of Object.entries(rows)) bench.add(name, work);
  await bench.run();
  let floor = Number.NaN;
  const lines = bench.tasks.map(({ name, result }) => {
    const nanoseconds = result.state === "completed" ? (result.latency.p50 * 1e6) / operations : Number.NaN;
    if (Number.isNaN(floor)) floor = nanoseconds;
    return { name, "ns each": Math.round(nanoseconds), "× floor": Number((nanoseconds / floor).toFixed(2)) };
  });
  console.log(`\n${title}`);
  console.table(lines);
}

const ROUNDS = 1_000;

/** So many acquire one permit, each after the other has released. */
const queue =
  (waiters: number, acquire: () => Promise<unknown>, release: (permit: never) => void): Work =>
  async () => {
    if (waiters === 1) for (let left = ROUNDS; left > 0; left--) release((await acquire()) as never);
    else
      for (let left = ROUNDS; left > 0; left -= waiters) {
        await Promise.all(Array.from({ length: waiters }, async () => release((await acquire()) as never)));
      }
  };

for (const waiters of [1, 10, 1_000]) {
  const floor = new FloorSemaphore(1);
  const ours = new Semaphore(1);
  const toolkit = new ToolkitSemaphore(1);
  const sema = new Sema(1);
  const mutex = new MutexSemaphore(1);
  await table(
    waiters === 1 ? "semaphore: acquire and release, alone" : `semaphore: ${waiters} at once for one permit`,
    {
      floor: queue(
        waiters,
        () => floor.acquire(),
        () => floor.release(),
      ),
      sluice: queue(
        waiters,
        () => ours.acquire(),
        (permit: { release(): void }) => permit.release(),
      ),
      "es-toolkit": queue(
        waiters,
        () => toolkit.acquire(),
        () => toolkit.release(),
      ),
      "async-sema": queue(
        waiters,
        () => sema.acquire(),
        () => sema.release(),
      ),
      "async-mutex": queue(
        waiters,
        () => mutex.acquire(),
        ([, release]: [number, () => void]) => release(),
      ),
    },
    ROUNDS,
  );
}

interface Pipe {
  send(item: number): Promise<void>;
  receive(): Promise<number>;
}

const flow =
  (make: () => Pipe): Work =>
  async () => {
    const pipe = make();
    const produce = async () => {
      for (let n = 0; n < ROUNDS; n++) await pipe.send(n);
    };
    const consume = async () => {
      for (let n = 0; n < ROUNDS; n++) await pipe.receive();
    };
    await Promise.all([produce(), consume()]);
  };

for (const capacity of [1, 16, 1_024]) {
  await table(
    `channel: one by one, capacity ${capacity}`,
    { floor: flow(() => new FloorChannel(capacity)), sluice: flow(() => new Channel<number>(capacity)) },
    ROUNDS,
  );
}
