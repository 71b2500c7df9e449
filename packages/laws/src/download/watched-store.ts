import type { GetOptions, GetResult, HeadOptions, ObjectSource, ObjectStore } from "@sluice/object-store";
import type { Asked, Onlooker } from "./onlooker.js";
import { watchedBody } from "./watched-body.js";

//  asked ──its turn──▶ answered ──chunk by chunk──▶ over
//    │                     └──abort, cancel──▶ stopped
//    ├──trouble──▶ over
//    └──abort──▶ stopped

/** A store whose answers and chunks come when its onlooker says so. */
export function watchedStore(inner: ObjectStore, onlooker: Onlooker): ObjectStore {
  let count = 0;
  const heeded = <O extends HeadOptions>(options: O): O =>
    onlooker.deaf ? { ...options, ifMatch: undefined } : options;

  const get = async (source: ObjectSource, options: GetOptions = {}): Promise<GetResult> => {
    const asked: Asked = {
      ...{ nth: ++count, source, options, start: options.range?.start ?? 0, given: 0 },
      ...{ state: "asked", heard: performance.now(), stopped: 0 },
    };
    onlooker.onAsked(asked);
    const end = (state: "over" | "stopped", why: string) => {
      if (asked.state === "over" || asked.state === "stopped") return;
      asked.state = state;
      if (state === "stopped") asked.stopped = performance.now();
      onlooker.onEnded(asked, why);
    };
    const trouble = onlooker.trouble(asked);
    const work = async (): Promise<GetResult> => {
      for (let turns = trouble?.late ?? 1; turns > 0; turns--)
        await onlooker.turn(`get ${asked.nth} answers`);
      await onlooker.before(asked);
      if (trouble?.does === "hang") await (trouble.until ?? new Promise(() => {}));
      if (trouble?.does === "fail") throw trouble.error();
      options.signal?.throwIfAborted();
      const range = trouble?.does === "answer" ? trouble.with(options.range) : options.range;
      const asking = inner.get(source, { ...heeded(options), range });
      onlooker.onWork(asking);
      return asking;
    };
    try {
      const got = await unlessAborted(options.signal, work(), (late) => late.body.cancel().catch(() => {}));
      asked.state = "answered";
      asked.heard = performance.now();
      return onlooker.told({ ...got, body: watchedBody(got.body, asked, trouble, onlooker, end) });
    } catch (error) {
      end(options.signal?.aborted ? "stopped" : "over", `fails: ${messageOf(error)}`);
      throw error;
    }
  };

  const head: ObjectStore["head"] = async (source, options = {}) => {
    await unlessAborted(options.signal, onlooker.turn("head answers"));
    const asking = inner.head(source, heeded(options));
    onlooker.onWork(asking);
    return onlooker.told(await asking);
  };

  return new Proxy(inner, {
    get(_, name) {
      if (name === "get") return get;
      if (name === "head") return head;
      const theirs: unknown = Reflect.get(inner, name, inner);
      return typeof theirs === "function" ? theirs.bind(inner) : theirs;
    },
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Until the signal aborts; what comes of it later is handed to `late`. */
function unlessAborted<T>(
  signal: AbortSignal | undefined,
  work: Promise<T>,
  late: (result: T) => unknown = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      work.then(late, () => {});
      reject(signal?.reason);
    };
    if (signal?.aborted) return giveUp();
    signal?.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal?.removeEventListener("abort", giveUp));
  });
}
