interface ProcessLike {
  on(event: string, listener: (error: unknown) => void): unknown;
  off(event: string, listener: (error: unknown) => void): unknown;
}

/** Listens for errors that nobody catches, and keeps them from ending the program. */
export interface Uncaught {
  /** Those heard so far, but for those that a law has taken note of. */
  readonly heard: () => unknown[];
  stop(): void;
}

// Bun tells its process, and nobody else; Deno tells both, and Workers and browsers have none. A law about such errors
// listens at the same place, and takes everybody else's listeners away from there while it does.
export function hearUncaught(): Uncaught {
  const { process } = globalThis as { process?: Partial<ProcessLike> };
  return process?.on && process.off ? fromProcess(process as ProcessLike) : fromGlobal();
}

function fromProcess(process: ProcessLike): Uncaught {
  const heard: unknown[] = [];
  const hear = (error: unknown) => void heard.push(error);
  for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, hear);
  return {
    heard: () => heard,
    stop() {
      for (const event of ["uncaughtException", "unhandledRejection"]) process.off(event, hear);
    },
  };
}

function fromGlobal(): Uncaught {
  const heard = new Set<Event>();
  const hear = (event: Event) => {
    heard.add(event);
    // A law about such errors prevents that others take note of them. On workerd `defaultPrevented` does not tell.
    event.preventDefault = () => void heard.delete(event);
  };
  for (const event of ["error", "unhandledrejection"]) addEventListener(event, hear);
  return {
    heard: () => [...heard].map(errorOf),
    stop() {
      for (const event of ["error", "unhandledrejection"]) removeEventListener(event, hear);
    },
  };
}

const errorOf = (event: Event): unknown =>
  "reason" in event ? event.reason : "error" in event ? event.error : event;
