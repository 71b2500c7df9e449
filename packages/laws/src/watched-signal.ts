/** A signal that knows how many listeners are on it. */
export interface WatchedSignal {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly reason: unknown;
  readonly listeners: number;
  abort(): void;
}

type Listener = Parameters<AbortSignal["addEventListener"]>[1];
type Options = boolean | AddEventListenerOptions | undefined;

/** A fresh signal, whose own two methods are replaced on this one instance: it belongs to the kit alone. */
export function watchedSignal(name: string): WatchedSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error(`${name} was aborted`);
  const present = new Map<Listener, { once: boolean }>();
  // Somebody else listens already, as in any program: on Node, an event looks different to all but the first.
  signal.addEventListener("abort", () => {});
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);

  signal.addEventListener = (type: string, listener: Listener, options?: Options) => {
    if (type === "abort" && listener) {
      const { once = false, signal: until } = typeof options === "object" ? options : {};
      if (!present.has(listener)) present.set(listener, { once });
      until?.addEventListener("abort", () => present.delete(listener));
    }
    add(type, listener, options);
  };
  signal.removeEventListener = (
    type: string,
    listener: Listener,
    options?: boolean | EventListenerOptions,
  ) => {
    if (type === "abort") present.delete(listener);
    remove(type, listener, options);
  };

  return {
    name,
    signal,
    reason,
    get listeners() {
      return present.size;
    },
    abort() {
      controller.abort(reason);
      for (const [listener, { once }] of present) if (once) present.delete(listener);
    },
  };
}
