/** What it returns is not awaited. */
export type Listener<Payload> = (payload: Payload) => unknown;

type Name = string | symbol;

interface Entry<Payload> {
  readonly listener: Listener<Payload>;
  readonly once: boolean;
  fired?: boolean;
}

/** The methods of Node's EventEmitter, where there is no Node. A listener that throws, throws out of `emit`. */
export class Emitter<Payload> {
  readonly #entries = new Map<Name, readonly Entry<Payload>[]>();
  #maxListeners = 10;

  on(name: Name, listener: Listener<Payload>): this {
    return this.#add(name, { listener, once: false }, "last");
  }

  addListener(name: Name, listener: Listener<Payload>): this {
    return this.#add(name, { listener, once: false }, "last");
  }

  once(name: Name, listener: Listener<Payload>): this {
    return this.#add(name, { listener, once: true }, "last");
  }

  prependListener(name: Name, listener: Listener<Payload>): this {
    return this.#add(name, { listener, once: false }, "first");
  }

  prependOnceListener(name: Name, listener: Listener<Payload>): this {
    return this.#add(name, { listener, once: true }, "first");
  }

  off(name: Name, listener: Listener<Payload>): this {
    return this.removeListener(name, listener);
  }

  /** Removes the listener that was added last, if there are several of the same. */
  removeListener(name: Name, listener: Listener<Payload>): this {
    const entries = this.#of(name);
    const entry = entries.findLast((candidate) => candidate.listener === listener);
    if (entry !== undefined) this.#remove(name, entry);
    return this;
  }

  removeAllListeners(name?: Name): this {
    for (const each of name === undefined ? this.eventNames() : [name]) {
      for (const entry of this.#of(each).toReversed()) this.#remove(each, entry);
    }
    return this;
  }

  /** Whether anybody listens. Without a listener, `"error"` is thrown. */
  emit(name: Name, ...args: readonly unknown[]): boolean {
    const entries = this.#of(name);
    if (entries.length === 0 && name === "error") {
      throw args[0] instanceof Error ? args[0] : new Error(`Unhandled error. (${String(args[0])})`);
    }
    for (const entry of entries) {
      // An event within an event has found it already.
      if (entry.fired) continue;
      if (entry.once) {
        this.#remove(name, entry);
        entry.fired = true;
      }
      (entry.listener as (...args: readonly unknown[]) => unknown).call(this, ...args);
    }
    return entries.length > 0;
  }

  listeners(name: Name): Listener<Payload>[] {
    return this.#of(name).map(({ listener }) => listener);
  }

  rawListeners(name: Name): Listener<Payload>[] {
    return this.listeners(name);
  }

  listenerCount(name: Name, listener?: Listener<Payload>): number {
    return this.#of(name).filter((entry) => listener === undefined || entry.listener === listener).length;
  }

  eventNames(): Name[] {
    return [...this.#entries.keys()];
  }

  /** Nobody is warned of many listeners; what is set here is what `getMaxListeners` says. */
  setMaxListeners(most: number): this {
    this.#maxListeners = most;
    return this;
  }

  getMaxListeners(): number {
    return this.#maxListeners;
  }

  // The lists are never changed, only replaced: an event reaches those who listened when it was emitted.
  #add(name: Name, entry: Entry<Payload>, at: "first" | "last"): this {
    if (typeof entry.listener !== "function") {
      throw new TypeError(
        `The "listener" argument must be of type function. Received ${typeof entry.listener}`,
      );
    }
    if (this.#entries.has("newListener")) this.emit("newListener", name, entry.listener);
    const entries = this.#of(name);
    this.#entries.set(name, at === "first" ? [entry, ...entries] : [...entries, entry]);
    return this;
  }

  #remove(name: Name, entry: Entry<Payload>): void {
    const entries = this.#of(name);
    const rest = entries.filter((other) => other !== entry);
    if (rest.length === entries.length) return;
    if (rest.length > 0) this.#entries.set(name, rest);
    else this.#entries.delete(name);
    if (this.#entries.has("removeListener")) this.emit("removeListener", name, entry.listener);
  }

  #of(name: Name): readonly Entry<Payload>[] {
    return this.#entries.get(name) ?? [];
  }
}
