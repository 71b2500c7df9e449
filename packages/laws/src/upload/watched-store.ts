import type {
  IntegrityOptions,
  ObjectStore,
  ObjectTarget,
  RequestOptions,
  StoreBody,
  StoreLimits,
} from "@sluice/object-store";
import { brokenOff, copied, isStreamed, tapped } from "./bodies.js";

//  asked ──its turn──▶ carried out ──▶ answered
//    │  └──────────────────┴──trouble──▶ failed
//    └──abort──▶ given up ──its turn, if it lands──▶ carried out, and nobody hears of it

/** One request of an upload. */
export interface Asked {
  readonly method: keyof ObjectStore;
  /** Which of this method it is, from 1. */
  readonly nth: number;
  readonly partNumber: number | undefined;
  /** Which of this method and part it is, from 1. */
  readonly tries: number;
  readonly target: ObjectTarget | undefined;
  readonly body: StoreBody | undefined;
  readonly options: RequestOptions & IntegrityOptions;
  /** What the store got, when it was carried out. */
  bytes?: Uint8Array;
  /** It was answered, and well. */
  done?: true;
}

/** What goes wrong with a request. */
export type Trouble =
  | { readonly does: "fail" | "lose the answer"; readonly error: () => unknown }
  /** A body that is streamed is taken in part. */
  | { readonly does: "break off"; readonly error: () => unknown }
  | { readonly does: "hang" }
  | { readonly does: "flip a bit"; readonly at: number };

/** Who looks on, and says what goes wrong. */
export interface Onlooker {
  /** Settles when it is the request's turn. */
  turn(asked: Asked): Promise<unknown>;
  trouble(asked: Asked): Trouble | undefined;
  /** Behind a request that was carried out or failed, before its answer. */
  meanwhile(asked: Asked): Promise<void>;
  onAsked(asked: Asked): void;
  /** The store itself is at work on it, until what comes of that has settled. */
  onWork(work: Promise<unknown>): void;
  /** The store takes so much of a body that is streamed. */
  onTaken(piece: Uint8Array): void;
  /** Before the one who asked hears of it. */
  onSettled(asked: Asked, error?: { readonly error: unknown }): void;
  /** Parts whose request was given up arrive nevertheless, behind the first abort of their upload. */
  readonly lands: boolean;
}

/** A store that does what it is asked when its onlooker says so. */
export function watched(inner: ObjectStore, onlooker: Onlooker, limits: StoreLimits): ObjectStore {
  const counts = new Map<string, number>();
  const count = (what: string) => {
    const now = (counts.get(what) ?? 0) + 1;
    counts.set(what, now);
    return now;
  };
  let straying = false;

  /** Until the signal aborts. */
  const unlessGivenUp = <R>({ signal }: RequestOptions, work: Promise<R>): Promise<R> =>
    new Promise((resolve, reject) => {
      const giveUp = () => reject(signal?.reason);
      if (signal?.aborted) giveUp();
      else signal?.addEventListener("abort", giveUp, { once: true });
      work.then(resolve, reject).finally(() => signal?.removeEventListener("abort", giveUp));
    });

  async function ask<R>(
    method: keyof ObjectStore,
    options: RequestOptions = {},
    carryOut: (body: StoreBody) => Promise<R>,
    { body, target, partNumber }: Partial<Pick<Asked, "body" | "target" | "partNumber">> = {},
  ): Promise<R> {
    const tries = count(`${method} ${target?.key} ${partNumber}`);
    const asked: Asked = { method, nth: count(method), partNumber, tries, target, body, options };
    onlooker.onAsked(asked);
    const trouble = onlooker.trouble(asked);
    const work = async (): Promise<R> => {
      await onlooker.turn(asked);
      if (trouble?.does === "hang") return new Promise(() => {});
      if (trouble?.does === "fail") {
        await onlooker.meanwhile(asked);
        throw trouble.error();
      }
      if (options.signal?.aborted) throw options.signal.reason;
      if (trouble?.does === "break off") {
        if (isStreamed(body)) await brokenOff(body, onlooker.onTaken);
        throw trouble.error();
      }
      const carriedOut = carryOut(sent(asked, trouble));
      onlooker.onWork(carriedOut);
      const result = await carriedOut;
      await onlooker.meanwhile(asked);
      if (trouble?.does === "lose the answer") throw trouble.error();
      return result;
    };
    try {
      const result = await unlessGivenUp(options, work());
      asked.done = true;
      onlooker.onSettled(asked);
      return result;
    } catch (error) {
      straying ||= onlooker.lands && method === "putPart" && options.signal?.aborted === true;
      onlooker.onSettled(asked, { error });
      throw error;
    }
  }

  /** What goes to the store: what it takes is written down. */
  function sent(asked: Asked, trouble: Trouble | undefined): StoreBody {
    const { body } = asked;
    const flip = trouble?.does === "flip a bit" ? trouble.at : undefined;
    const onEnd = (bytes: Uint8Array) => {
      asked.bytes = bytes;
    };
    if (isStreamed(body)) return tapped(body, { onTaken: onlooker.onTaken, onEnd, flip });
    const bytes = body === undefined ? NOTHING : copied(body);
    if (flip !== undefined) bytes[flip % bytes.length]! ^= 1;
    onEnd(bytes);
    return bytes;
  }

  // Whatever else a store may be asked for passes as it is.
  return new Proxy(inner, {
    get(_, name) {
      if (name === "limits") return limits;
      const work: unknown = Reflect.get(inner, name, inner);
      if (typeof work !== "function") return work;
      const method = name as keyof ObjectStore;
      const { options, body, target, partNumber } = WHERE[method] ?? { options: 1 };
      return (...args: unknown[]) => {
        const at = (place: number | undefined) => (place === undefined ? undefined : args[place]);
        const carryOut = async (tap: StoreBody): Promise<unknown> => {
          const sent = args.map((arg, i) => (i === body ? tap : arg));
          const lands = method === "abortMultipart" && straying;
          if (lands) straying = false;
          // A server that is still at work on a part: the upload is there again.
          if (lands) return undefined;
          return (work as (...args: unknown[]) => Promise<unknown>).apply(inner, sent);
        };
        return ask(method, at(options) as RequestOptions | undefined, carryOut, {
          body: at(body) as StoreBody | undefined,
          target: at(target) as ObjectTarget | undefined,
          partNumber: at(partNumber) as number | undefined,
        });
      };
    },
  });
}

/** Which argument is what. */
interface Where {
  readonly options: number;
  readonly body?: number;
  readonly target?: number;
  readonly partNumber?: number;
}

const WHERE: Readonly<Record<string, Where>> = {
  put: { target: 0, body: 1, options: 2 },
  putPart: { target: 0, partNumber: 1, body: 2, options: 3 },
  copyPart: { target: 0, partNumber: 1, options: 3 },
  ...{ deleteMany: { options: 2 }, copy: { options: 2 }, completeMultipart: { options: 2 } },
};

const NOTHING = new Uint8Array(0);
