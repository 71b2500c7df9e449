import type { StoreLimits } from "../limits.js";
import type { RequestOptions, StoreBody } from "../object.js";
import type { BucketStore, ObjectStore, TagStore } from "../store.js";
import { checkFault, methodsOf } from "./check-fault.js";
import type { Fault, StoreCall, StoreMethod } from "./fault.js";
import { Recent } from "./recent.js";
import { flipped, flippedStream, truncated } from "./spoiled.js";
import { Strays } from "./strays.js";
import { begun, type Struck } from "./struck.js";

const MOST_CALLS = 1_000;

type EveryMemberOf<T> = { [K in keyof Required<T>]: T[K] };

/**
 * The store, with things going wrong as told. Throws `ERR_INVALID_VALUE` for a fault that makes no sense.
 *
 * @example
 * ```ts
 * const store = faulty(new MemoryStore(), [failOnce("putPart"), loseAnswer("completeMultipart")]);
 * ```
 */
export function faulty(store: ObjectStore, faults: readonly Fault[]): FaultyStore {
  return new FaultyStore(store, faults);
}

/** Forwards everything to a store, but for what its faults say. */
export class FaultyStore implements EveryMemberOf<ObjectStore> {
  readonly #store: ObjectStore;
  readonly #faults: readonly Struck[];
  readonly #recent = new Recent();
  readonly #strays = new Strays();
  readonly #calls: StoreCall[] = [];
  readonly #counts = new Map<StoreMethod, number>();

  constructor(store: ObjectStore, faults: readonly Fault[]) {
    this.#store = store;
    const isMethod = (name: string) =>
      name in this && !["limits", "buckets", "tags", "calls", "constructor"].includes(name);
    for (const fault of faults) checkFault(fault, isMethod);
    this.#faults = faults.map((fault) => ({ fault, calls: 0, filled: 0 }));
  }

  /** The last 1,000 calls, oldest first; `nth` counts those of the same method. */
  get calls(): readonly StoreCall[] {
    return [...this.#calls];
  }

  get limits(): StoreLimits {
    return this.#store.limits;
  }

  get buckets(): BucketStore | undefined {
    return this.#store.buckets;
  }

  get tags(): TagStore | undefined {
    return this.#store.tags;
  }

  put: ObjectStore["put"] = (target, body, options) =>
    this.#run("put", [target, body, options], options, (faults) =>
      this.#store.put(target, this.#spoil(body, faults), options),
    );

  get: ObjectStore["get"] = (source, options) =>
    this.#run("get", [source, options], options, async (faults) => {
      const result = await this.#store.get(source, options);
      let { body } = result;
      for (const fault of faults) {
        if (fault.do === "truncate") body = truncated(body, fault.after, fault.ending);
        if (fault.do === "flip-bit") body = flippedStream(body, fault.at);
      }
      return body === result.body ? result : { ...result, body };
    });

  head: ObjectStore["head"] = (source, options) =>
    this.#run("head", [source, options], options, () => this.#store.head(source, options));

  delete: ObjectStore["delete"] = (source, options) =>
    this.#run("delete", [source, options], options, () => this.#store.delete(source, options));

  deleteMany: ObjectStore["deleteMany"] = (bucket, keys, options) =>
    this.#run("deleteMany", [bucket, keys, options], options, () =>
      this.#store.deleteMany(bucket, keys, options),
    );

  copy: ObjectStore["copy"] = (source, target, options) =>
    this.#run("copy", [source, target, options], options, () => this.#store.copy(source, target, options));

  list: ObjectStore["list"] = (bucket, options) =>
    this.#run("list", [bucket, options], options, () => this.#store.list(bucket, options));

  createMultipart: ObjectStore["createMultipart"] = (target, options) =>
    this.#run("createMultipart", [target, options], options, () =>
      this.#store.createMultipart(target, options),
    );

  putPart: ObjectStore["putPart"] = (upload, partNumber, body, options) =>
    this.#run("putPart", [upload, partNumber, body, options], options, (faults) =>
      this.#store.putPart(upload, partNumber, this.#spoil(body, faults), options),
    );

  copyPart: ObjectStore["copyPart"] = (upload, partNumber, source, options) =>
    this.#run("copyPart", [upload, partNumber, source, options], options, () =>
      this.#store.copyPart(upload, partNumber, source, options),
    );

  listParts: ObjectStore["listParts"] = (upload, options) =>
    this.#run("listParts", [upload, options], options, () => this.#store.listParts(upload, options));

  completeMultipart: ObjectStore["completeMultipart"] = (upload, parts, options) =>
    this.#run("completeMultipart", [upload, parts, options], options, () =>
      this.#store.completeMultipart(upload, parts, options),
    );

  abortMultipart: ObjectStore["abortMultipart"] = (upload, options) =>
    this.#run("abortMultipart", [upload, options], options, async () => {
      if (await this.#strays.land(this.#store, upload)) return;
      await this.#store.abortMultipart(upload, options);
    });

  listMultiparts: ObjectStore["listMultiparts"] = (bucket, options) =>
    this.#run("listMultiparts", [bucket, options], options, () =>
      this.#store.listMultiparts(bucket, options),
    );

  async #run<R>(
    method: StoreMethod,
    args: readonly unknown[],
    options: RequestOptions | undefined,
    act: (faults: readonly Fault[]) => Promise<R>,
  ): Promise<R> {
    const struck = this.#strike(method, args);
    const body = bodyOf(method, args);
    for (const { one, call } of struck) {
      if (one.fault.do === "land-late") await this.#strays.keep(args, options?.signal);
      await begun(one, call, body, options?.signal);
    }
    let result: R = await act(struck.map(({ one }) => one.fault));
    this.#recent.note(method, args, result);
    for (const { one } of struck) {
      const { fault } = one;
      if (fault.do === "lose-answer") throw fault.error();
      if (fault.do === "lag")
        result = this.#recent.without(method as "list", args, result, fault.writes) as R;
    }
    return result;
  }

  /** Records the call, and returns the faults that it meets. */
  #strike(method: StoreMethod, args: readonly unknown[]): readonly { one: Struck; call: StoreCall }[] {
    const nth = (this.#counts.get(method) ?? 0) + 1;
    this.#counts.set(method, nth);
    this.#calls.push({ method, args, nth });
    if (this.#calls.length > MOST_CALLS) this.#calls.shift();
    return this.#faults.flatMap((one) => {
      const { when } = one.fault;
      if (methodsOf(one.fault)?.includes(method) === false) return [];
      const call = { method, args, nth: ++one.calls };
      const strikes = typeof when === "function" ? when(call) : when === undefined || when === call.nth;
      return strikes ? [{ one, call }] : [];
    });
  }

  #spoil(body: Parameters<ObjectStore["put"]>[1], faults: readonly Fault[]) {
    return faults.reduce(
      (spoiled, fault) => (fault.do === "flip-bit" ? flipped(spoiled, fault.at) : spoiled),
      body,
    );
  }
}

/** What a call sends, if it sends anything. */
function bodyOf(method: StoreMethod, args: readonly unknown[]): StoreBody | undefined {
  if (method === "put") return args[1] as StoreBody;
  return method === "putPart" ? (args[2] as StoreBody) : undefined;
}
