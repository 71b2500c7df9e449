//  resting ──count──▶ counting ──five looks, a quarter of the time apart──▶ idle, told once
//     ▲                 │ ▲ count: from the start
//     └──────rest───────┘ │
//                  chunk ─┘
//
//  It is looked at, not measured: that costs a chunk next to nothing, and a program that was busy for longer than the
//  time, which kept everybody from moving, has been looked at once.

const QUARTERS = 4;

/** Something that must not take too long. */
export class Wait {
  readonly onIdle: () => void;
  looks = 0;
  counts = false;

  constructor(onIdle: () => void) {
    this.onIdle = onIdle;
  }

  /** It is waited for, from now on. */
  count(): void {
    this.looks = 0;
    this.counts = true;
  }

  /** It is not its turn. */
  rest(): void {
    this.counts = false;
  }
}

/** All that one download waits for, and the one timer for all of it. */
export class IdleWatch {
  readonly #waits = new Set<Wait>();
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  /** Milliseconds; with infinity, nothing is ever idle. */
  constructor(idleTimeout: number) {
    if (idleTimeout === Number.POSITIVE_INFINITY) return;
    this.#timer = setInterval(() => this.#look(), Math.ceil(idleTimeout / QUARTERS));
    // On Node a timer keeps the process alive, unless it is told not to.
    (this.#timer as { unref?(): void }).unref?.();
  }

  begin(onIdle: () => void): Wait {
    const wait = new Wait(onIdle);
    this.#waits.add(wait);
    return wait;
  }

  forget(wait: Wait): void {
    this.#waits.delete(wait);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#waits.clear();
  }

  #look(): void {
    for (const wait of this.#waits) {
      if (!wait.counts || ++wait.looks <= QUARTERS) continue;
      wait.rest();
      wait.onIdle();
    }
  }
}
