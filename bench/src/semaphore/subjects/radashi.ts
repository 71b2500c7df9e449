import { Semaphore } from "radashi";
import { acquiring } from "../acquiring.js";
import { chunks, GIB } from "../heavy.js";

type Permit = Awaited<ReturnType<Semaphore["acquire"]>>;

const budget = new Semaphore(GIB);
const release = (permit: Permit) => permit.release();

export const subject = acquiring<Permit>({
  open() {
    const semaphore = new Semaphore(1);
    return { acquire: (signal) => semaphore.acquire(signal && { signal }), release };
  },
  heavy: chunks((weight) => budget.acquire({ weight }), release),
});
