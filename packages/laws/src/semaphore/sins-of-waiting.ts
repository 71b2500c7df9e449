import { ReferenceSemaphore, Refusal } from "./reference.js";
import { treats } from "./sinner.js";
import type { WaitLike } from "./subject.js";

const servesGhosts = treats(
  "goes on to serve the aborted waiter",
  class extends ReferenceSemaphore {
    protected override depart(ids: readonly number[], reason: unknown) {
      this.dismiss(ids, reason);
    }
  },
);

const leavesListeners = treats(
  "leaves one listener per acquire",
  class extends ReferenceSemaphore {
    override acquire(weight: number, options: WaitLike = {}) {
      options.signal?.addEventListener("abort", () => undefined);
      return super.acquire(weight, options);
    }
  },
);

export const M4_SINNERS = [
  servesGhosts,
  leavesListeners,
  treats(
    "rejects with an error of its own instead of signal.reason",
    class extends ReferenceSemaphore {
      protected override depart(ids: readonly number[]) {
        super.depart(ids, new Refusal("ERR_ABORTED"));
      }
    },
  ),
  treats(
    "takes the weight although the signal was aborted before the call",
    class extends ReferenceSemaphore {
      override acquire(weight: number, { signal, timeout }: WaitLike = {}) {
        if (!signal?.aborted) return super.acquire(weight, { signal, timeout });
        return super.acquire(weight).then(() => Promise.reject(signal.reason));
      }
    },
  ),
  treats(
    "ignores the time-out",
    class extends ReferenceSemaphore {
      override acquire(weight: number, { signal }: WaitLike = {}) {
        return super.acquire(weight, { signal });
      }
    },
  ),
  treats(
    "ignores the signal once the wait has begun",
    class extends ReferenceSemaphore {
      protected override park(id: number, weight: number, { timeout }: WaitLike) {
        return super.park(id, weight, { timeout });
      }
    },
  ),
  treats(
    "grants a waiter whose signal has just aborted, because another left with the same signal",
    class extends ReferenceSemaphore {
      protected override tiedTo(signal: AbortSignal | undefined) {
        return super.tiedTo(signal).slice(0, 1);
      }
    },
  ),
];

export const M10_SINNERS = [
  treats(
    "takes the weight for a waiter and rejects it as well, when the abort comes right behind the grant",
    class extends ReferenceSemaphore {
      protected override grant(id: number) {
        queueMicrotask(() => super.grant(id));
      }
      protected override depart(ids: readonly number[], reason: unknown) {
        const waiting = this.twin.line.map(([id]) => id);
        this.dismiss(ids, reason);
        this.wake(this.twin.leave(ids.filter((id) => waiting.includes(id))));
      }
    },
  ),
  treats(
    "takes back the weight of a permit that it has handed out, when the abort comes right behind the grant",
    class extends ReferenceSemaphore {
      override acquire(weight: number, options: WaitLike = {}) {
        const before = this.twin.line.length;
        const permit = super.acquire(weight, options);
        const [id] = this.twin.line[before] ?? [];
        const { signal } = options;
        if (id === undefined || !signal) return permit;
        const onAbort = () => this.wake(this.twin.giveBack(id));
        signal.addEventListener("abort", onAbort);
        return permit.finally(() => signal.removeEventListener("abort", onAbort));
      }
    },
  ),
  servesGhosts,
];
