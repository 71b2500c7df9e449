import { Semaphore, type SemaphoreInterface } from "async-mutex";
import { acquiring } from "../acquiring.js";
import { chunks, GIB } from "../heavy.js";
import { runsOf } from "../running.js";

type Permit = [number, SemaphoreInterface.Releaser];

const alone = new Semaphore(1);
const budget = new Semaphore(GIB);
const release = ([, giveBack]: Permit) => giveBack();

export const subject = acquiring<Permit>({
  open() {
    const semaphore = new Semaphore(1);
    return { acquire: () => semaphore.acquire(), release };
  },
  runs: runsOf((task) => alone.runExclusive(task)),
  heavy: chunks((weight) => budget.acquire(weight), release),
});
