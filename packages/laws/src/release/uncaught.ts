import { hop } from "../settle.js";

type Hears = (error: unknown) => void;

interface ProcessLike {
  listeners(event: string): Hears[];
  removeAllListeners(event: string): unknown;
  on(event: string, listener: Hears): unknown;
}

interface FailureEvent {
  readonly error?: unknown;
  readonly reason?: unknown;
  preventDefault(): void;
}

interface GlobalLike {
  readonly process?: Partial<ProcessLike>;
  addEventListener?(event: string, listener: (event: FailureEvent) => void): void;
  removeEventListener?(event: string, listener: (event: FailureEvent) => void): void;
}

const world = globalThis as GlobalLike;

/**
 * The errors that nobody catches during a task, which are kept from whoever else would hear of them, such as a test
 * runner: it is the subject's duty to have them.
 *
 * - **Order:** one task at a time.
 * - **Abort:** cannot be stopped.
 * - **Errors:** those of the task.
 */
export async function uncaughtDuring(task: () => Promise<void>): Promise<unknown[]> {
  const heard: unknown[] = [];
  const restore = isProcess(world.process)
    ? onProcess(world.process, (error) => heard.push(error))
    : onGlobal((error) => heard.push(error));
  try {
    await task();
    // Rejections are reported in the turn after.
    await hop();
    await hop();
    return heard;
  } finally {
    restore();
  }
}

const isProcess = (it: Partial<ProcessLike> | undefined): it is ProcessLike => !!it?.removeAllListeners;

function onProcess(process: ProcessLike, hears: Hears): () => void {
  const events = ["uncaughtException", "unhandledRejection"].map((event) => {
    const others = process.listeners(event);
    process.removeAllListeners(event);
    process.on(event, hears);
    return { event, others };
  });
  return () => {
    for (const { event, others } of events) {
      process.removeAllListeners(event);
      for (const other of others) process.on(event, other);
    }
  };
}

function onGlobal(hears: Hears): () => void {
  const listener = (event: FailureEvent): void => {
    event.preventDefault();
    hears(event.error ?? event.reason);
  };
  for (const event of ["error", "unhandledrejection"]) world.addEventListener?.(event, listener);
  return () => {
    for (const event of ["error", "unhandledrejection"]) world.removeEventListener?.(event, listener);
  };
}
