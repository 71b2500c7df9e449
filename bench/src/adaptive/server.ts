import type { VirtualClock } from "./clock.js";

/** From when on how many requests fit into the server at once. */
export interface Step {
  readonly from: number;
  readonly capacity: number;
}

/** Milliseconds: what a request takes on average, and what a refusal takes. */
export const SERVICE = 100;
const REFUSAL = 10;

/** Serves as many requests at once as it has capacity, and refuses the others at once, with 503. */
export class Server {
  readonly #clock: VirtualClock;
  readonly #random: () => number;
  readonly #steps: readonly Step[];
  #serving = 0;

  constructor(clock: VirtualClock, random: () => number, steps: readonly Step[]) {
    this.#clock = clock;
    this.#random = random;
    this.#steps = steps;
  }

  get capacity(): number {
    return this.#steps.findLast(({ from }) => from <= this.#clock.now)!.capacity;
  }

  async request(): Promise<{ readonly status: number }> {
    if (this.#serving >= this.capacity) {
      await this.#clock.sleep(REFUSAL);
      return { status: 503 };
    }
    this.#serving++;
    await this.#clock.sleep(SERVICE * (0.5 + this.#random()));
    this.#serving--;
    return { status: 200 };
  }
}
