import type { PermitLike, SemaphoreLike } from "../semaphore/subject.js";

/** A budget whose permits tell how often they were given back. */
export function watchedBudget(inner: SemaphoreLike, onGivenBack: (times: number) => void): SemaphoreLike {
  const lent = <P extends PermitLike>(permit: P): P => {
    let times = 0;
    return bound(permit, {
      release: () => {
        permit.release();
        onGivenBack(++times);
      },
      split: (weight: number) => lent(permit.split!(weight)),
    });
  };
  return bound(inner, {
    tryAcquire: (weight: number) => {
      const permit = inner.tryAcquire(weight);
      return permit && lent(permit);
    },
    acquire: async (...args: Parameters<SemaphoreLike["acquire"]>) => lent(await inner.acquire(...args)),
  });
}

/** The same object with some methods changed, whatever else it has. */
function bound<T extends object>(inner: T, changed: Readonly<Record<string, unknown>>): T {
  return new Proxy(inner, {
    get(_, name) {
      const theirs: unknown = Reflect.get(inner, name, inner);
      if (typeof theirs !== "function") return theirs;
      return (typeof name === "string" ? changed[name] : undefined) ?? theirs.bind(inner);
    },
  });
}
