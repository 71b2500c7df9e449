import type { GetResult, ObjectStore, RequestOptions, StoreBody } from "@sluice/object-store";
import { sizeOf } from "../upload/bodies.js";
import type { Asked, Onlooker } from "./onlooker.js";
import { type Body, watchedGet, watchedPut } from "./watched-bodies.js";

//  asked ──its turn──▶ carried out ──▶ over
//    │                      └──a body──▶ answered ──read to its end──▶ over
//    └────────────┴──abort──▶ stopped ◀──abort, cancel──┘

/** Where the body and the options of a request are, if it has a body or not one argument before its options. */
const WHERE: Readonly<Record<string, { readonly body?: number; readonly options: number }>> = {
  put: { body: 1, options: 2 },
  putPart: { body: 2, options: 3 },
  copyPart: { options: 3 },
  ...{ deleteMany: { options: 2 }, copy: { options: 2 }, completeMultipart: { options: 2 } },
};

/** A store whose every step is taken when its onlooker says so. */
export function watchedStore(inner: ObjectStore, onlooker: Onlooker): ObjectStore {
  let count = 0;

  async function ask(method: string, args: readonly unknown[]): Promise<unknown> {
    const where = WHERE[method] ?? { options: 1 };
    const options = (args[where.options] ?? {}) as RequestOptions;
    const body = where.body === undefined ? undefined : (args[where.body] as StoreBody);
    const asked: Asked = {
      ...{ method, nth: ++count, args, options, taken: 0, given: 0, state: "asked" },
      length: body === undefined ? undefined : sizeOf(body),
      streamed: body !== undefined && "stream" in body,
    };
    onlooker.onAsked(asked);
    const end: Body["end"] = (state, why) => {
      if (asked.state === "over" || asked.state === "stopped") return;
      asked.state = state;
      onlooker.onEnded(asked, why);
    };
    const trouble = onlooker.trouble(asked);
    const { signal } = options;
    const watching = { asked, trouble, onlooker, end };
    const work = async (): Promise<unknown> => {
      await onlooker.turn(`${method} ${asked.nth} is carried out`);
      if (trouble?.does === "hang") await new Promise(() => {});
      if (trouble?.does === "fail") throw trouble.error();
      signal?.throwIfAborted();
      const tapped = body && "stream" in body ? watchedPut(body, watching) : body;
      const working = (inner as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[method]!(
        ...args.map((arg, i) => (i === where.body ? tapped : arg)),
      );
      onlooker.onWork(working);
      return working;
    };
    try {
      const result = await unlessAborted(signal, work());
      if (method !== "get") {
        end("over", "is answered");
        return onlooker.told(result);
      }
      asked.state = "answered";
      const got = onlooker.told(result) as GetResult;
      return { ...got, body: watchedGet(got.body, signal, watching) };
    } catch (error) {
      end(signal?.aborted ? "stopped" : "over", signal?.aborted ? "is stopped" : "fails");
      throw error;
    }
  }

  return new Proxy(inner, {
    get(_, name) {
      const theirs: unknown = Reflect.get(inner, name, inner);
      return typeof theirs === "function" ? (...args: unknown[]) => ask(String(name), args) : theirs;
    },
  });
}

/** Until the signal aborts. What is given later, nobody wants. */
function unlessAborted(signal: AbortSignal | undefined, work: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      work.then(
        (late) => (late as Partial<GetResult> | undefined)?.body?.cancel().catch(() => {}),
        () => {},
      );
      reject(signal?.reason);
    };
    if (signal?.aborted) return giveUp();
    signal?.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal?.removeEventListener("abort", giveUp));
  });
}
