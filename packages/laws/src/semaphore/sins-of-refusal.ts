import { ReferenceSemaphore, Refusal } from "./reference.js";
import { decides, treats } from "./sinner.js";
import type { WaitLike } from "./subject.js";
import { type Answer, SlowSemaphore } from "./twin.js";

export const M8_SINNERS = [
  treats(
    "leaves promises pending when it is closed",
    class extends ReferenceSemaphore {
      override close() {
        this.twin.close();
      }
    },
  ),
  decides(
    "goes on granting after it was closed",
    class extends SlowSemaphore {
      override close() {
        const dismissed = super.close();
        this.closed = false;
        return dismissed;
      }
    },
  ),
  treats(
    "takes no permit back once it is closed",
    class extends ReferenceSemaphore {
      protected override giveBack(id: number) {
        if (!this.twin.closed) super.giveBack(id);
      }
    },
  ),
  treats(
    "says that it is idle while permits are live",
    class extends ReferenceSemaphore {
      override whenIdle() {
        return Promise.resolve();
      }
    },
  ),
  treats(
    "says that it is idle as soon as a permit comes back",
    class extends ReferenceSemaphore {
      override get held() {
        return this.twin.held;
      }
      protected override afterChange() {
        const { lent } = this.twin;
        if (lent.length === 1) this.twin.lent = [];
        super.afterChange();
        if (lent.length === 1) this.twin.lent = lent;
      }
    },
  ),
  treats(
    "forgets who waits until it is idle when it is closed",
    class extends ReferenceSemaphore {
      protected override afterChange() {
        if (!this.twin.closed) super.afterChange();
      }
    },
  ),
  treats(
    "never says that it is idle",
    class extends ReferenceSemaphore {
      protected override afterChange() {}
    },
  ),
];

export const M12_SINNERS = [
  treats(
    "queues first and sheds then",
    class extends ReferenceSemaphore {
      #coming = 0;
      override get waiting() {
        return super.waiting + this.#coming;
      }
      override acquire(weight: number, options: WaitLike = {}) {
        this.#coming++;
        return Promise.resolve()
          .then(() => void this.#coming--)
          .then(() => super.acquire(weight, options));
      }
    },
  ),
  decides(
    "sheds whoever has waited longest",
    class extends SlowSemaphore {
      override ask(id: number, weight: number): Answer {
        const answer = super.ask(id, weight);
        if (answer !== "overloaded" || this.line.length === 0) return answer;
        this.line.shift();
        this.line.push([id, weight]);
        return "waits";
      }
    },
  ),
  decides(
    "lets one more wait than may",
    class extends SlowSemaphore {
      override ask(id: number, weight: number): Answer {
        const answer = super.ask(id, weight);
        if (answer !== "overloaded" || this.line.length > this.maxWaiting) return answer;
        this.line.push([id, weight]);
        return "waits";
      }
    },
  ),
  treats(
    "sheds with an error that nobody can tell from others",
    class extends ReferenceSemaphore {
      override acquire(weight: number, options: WaitLike = {}) {
        return super.acquire(weight, options).catch((error: unknown) => {
          throw error instanceof Refusal ? new Error(error.message) : error;
        });
      }
    },
  ),
];
