import { Queue } from "./queue.js";

type Task<T, R> = (item: T) => Promise<R>;

// Floors: nobody fails, nobody aborts, and nobody shares the slots. No more than `slots` items are asked for and not
// worked on to the end.

/** One reader, who waits while all slots are taken. */
export async function forEach<T>(
  source: AsyncIterable<T>,
  slots: number,
  task: Task<T, unknown>,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  let busy = 0;
  let wake: (() => void) | undefined;
  const done = () => {
    busy--;
    wake?.();
    wake = undefined;
  };
  const aSlotLess = (resolve: () => void) => {
    wake = resolve;
  };
  for (;;) {
    if (busy === slots) await new Promise<void>(aSlotLess);
    const { done: ended, value } = await iterator.next();
    if (ended) break;
    busy++;
    void task(value).then(done);
  }
  while (busy > 0) await new Promise<void>(aSlotLess);
}

/** As many loops as there are slots, which share the iterator. */
export async function forEachByWorkers<T>(
  source: AsyncIterable<T>,
  slots: number,
  task: Task<T, unknown>,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  const work = async () => {
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) await task(step.value);
  };
  await Promise.all(Array.from({ length: slots }, work));
}

/** A window of promises that is filled before its oldest is given out. */
export async function* ordered<T, R>(
  source: AsyncIterable<T>,
  slots: number,
  task: Task<T, R>,
): AsyncGenerator<R> {
  const iterator = source[Symbol.asyncIterator]();
  const window = new Queue<Promise<R>>();
  for (let ended = false; ; ) {
    while (!ended && window.size < slots) {
      const step = await iterator.next();
      if (step.done) ended = true;
      else window.push(task(step.value));
    }
    if (window.size === 0) return;
    yield await window.shift();
  }
}

/** Gives out what is there, and reads on while a slot is free. */
export async function* unordered<T, R>(
  source: AsyncIterable<T>,
  slots: number,
  task: Task<T, R>,
): AsyncGenerator<R> {
  const iterator = source[Symbol.asyncIterator]();
  const finished = new Queue<R>();
  let busy = 0;
  let wake: (() => void) | undefined;
  const done = (result: R) => {
    busy--;
    finished.push(result);
    wake?.();
    wake = undefined;
  };
  for (let ended = false; ; ) {
    while (!ended && busy + finished.size < slots) {
      const step = await iterator.next();
      if (step.done) ended = true;
      else {
        busy++;
        void task(step.value).then(done);
      }
    }
    if (finished.size === 0 && busy === 0) return;
    if (finished.size === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    yield finished.shift();
  }
}
