import { setTimeout as pause } from "node:timers/promises";
import type { LawId } from "@sluice/laws";
import { Semaphore as MutexSemaphore } from "async-mutex";
import { Semaphore as RadashiSemaphore } from "radashi";

// A wrong adapter accuses the innocent. So a law counts as broken only if the same can be seen without the kit
// and without the adapter, with nothing but the rival's own API.

/** What a broken law comes down to, seen with the rival alone. */
export interface Confirmation {
  readonly rival: string;
  readonly law: LawId;
  /** One sentence, to be read behind the rival's name and version. */
  readonly says: string;
  /** Whether it is so. */
  seen(): Promise<boolean>;
}

const confirmed = (rival: string, law: LawId, says: string, seen: Confirmation["seen"]): Confirmation => ({
  rival,
  law,
  says,
  seen,
});

/** Far more turns than any of them needs. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let is = false;
  const tell = () => {
    is = true;
  };
  promise.then(tell, tell);
  await pause(20);
  return is;
}

const radashi = (law: LawId, says: string, seen: Confirmation["seen"]) =>
  confirmed("radashi", law, says, seen);

export const CONFIRMATIONS: readonly Confirmation[] = [
  confirmed(
    "async-mutex",
    "M6",
    "lets a request above its capacity wait, and everybody behind it; `setValue` could make room for it one day.",
    async () => {
      const semaphore = new MutexSemaphore(2);
      const tooHeavy = semaphore.acquire(3);
      const light = semaphore.acquire(1);
      return !(await settled(tooHeavy)) && !(await settled(light));
    },
  ),
  radashi("M2", "wakes one waiter for each release, even if more fit.", async () => {
    const semaphore = new RadashiSemaphore(2);
    const both = await semaphore.acquire({ weight: 2 });
    const waiters = [semaphore.acquire(), semaphore.acquire()];
    both.release();
    return (await settled(waiters[0]!)) && !(await settled(waiters[1]!)) && semaphore.capacity === 1;
  }),
  radashi("M3", "grants a light request at once while a heavier one waits.", overtakes),
  radashi("M4", "does not look whether the signal was aborted before the call.", async () => {
    const semaphore = new RadashiSemaphore(1);
    await semaphore.acquire();
    return !(await settled(semaphore.acquire({ signal: AbortSignal.abort() })));
  }),
  radashi("M5", "does not wake the next when the head gives up.", async () => {
    const semaphore = new RadashiSemaphore(2);
    const [one] = [await semaphore.acquire(), await semaphore.acquire()];
    const head = new AbortController();
    const gone = semaphore.acquire({ weight: 2, signal: head.signal });
    const next = semaphore.acquire();
    one.release();
    head.abort();
    return (await settled(gone)) && !(await settled(next)) && semaphore.capacity === 1;
  }),
  radashi("M6", "takes fractions and NaN for weights; NaN also becomes its free capacity.", async () => {
    const semaphore = new RadashiSemaphore(2);
    const half = await semaphore.acquire({ weight: 0.5 });
    await semaphore.acquire({ weight: Number.NaN });
    return half.weight === 0.5 && Number.isNaN(semaphore.capacity);
  }),
  radashi("M15", "lets light requests, as long as they come, pass one that wants everything.", async () => {
    const semaphore = new RadashiSemaphore(2);
    let last = await semaphore.acquire();
    const everything = semaphore.acquire({ weight: 2 });
    for (let round = 0; round < 100; round++) {
      const next = await semaphore.acquire();
      last.release();
      last = next;
    }
    return !(await settled(everything));
  }),
];

async function overtakes(): Promise<boolean> {
  const semaphore = new RadashiSemaphore(2);
  await semaphore.acquire();
  const heavy = semaphore.acquire({ weight: 2 });
  const light = semaphore.acquire();
  return (await settled(light)) && !(await settled(heavy));
}

/** Whether this broken law stands without the kit; an error if nobody has written down how to see it. */
export async function confirm(rival: string, law: LawId): Promise<Confirmation> {
  const found = CONFIRMATIONS.find((one) => one.rival === rival && one.law === law);
  if (found === undefined)
    throw new Error(`${law} of ${rival} is not confirmed: write a confirmation, or mend the adapter`);
  if (!(await found.seen()))
    throw new Error(`${law} of ${rival} cannot be seen without the kit: mend the adapter`);
  return found;
}
