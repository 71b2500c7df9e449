import { checkWait, InvalidValueError, type WaitOptions } from "@sluice/semaphore";
import { Alternative } from "./alternative.js";
import { type Core, coreOf } from "./core.js";
import type { Receiver, Sender } from "./halves.js";
import { Standing } from "./standing.js";

/** A send that `select` may do; `sending` makes it. */
export class Sending {
  readonly #sender: unknown;
  readonly #item: unknown;

  /** @internal */
  constructor(sender: unknown, item: unknown) {
    this.#sender = sender;
    this.#item = item;
  }

  /** @internal */
  open(): { sender: unknown; item: unknown } {
    return { sender: this.#sender, item: this.#item };
  }
}

/** What may happen in a select: a channel or its receiver is received from. */
export type SelectCase = Receiver<unknown> | Sending;

/** What has happened, to be told apart by its key. */
export type Selected<Cases extends Readonly<Record<string, SelectCase>>> = {
  [Key in keyof Cases & string]: Cases[Key] extends Receiver<infer T>
    ?
        | { readonly key: Key; readonly done: false; readonly value: T }
        | { readonly key: Key; readonly done: true; readonly value: undefined }
    : { readonly key: Key; readonly done: false; readonly value: undefined };
}[keyof Cases & string];

/** A case of `select` that sends the item, if it is the one that happens. */
export function sending<T>(sender: Sender<T>, item: NoInfer<T>): Sending {
  return new Sending(sender, item);
}

/**
 * Does exactly one of several receives and sends: one that can be done now, or else the first that can. Each is what it
 * would be alone: at its end a receiver is `done`; a failed channel rejects the select, and so does a closed one that it
 * sends to. A send to a channel that rejects what does not fit waits for room here; to one that drops, it never waits.
 * What a `merge` or `broadcast` gives is no case: it has no line of its own to leave without a trace.
 *
 * ```ts
 * const first = await select({ job: jobs, out: sending(results, result) }, { timeout: 1_000 });
 * if (first.key === "job" && !first.done) await work(first.value);
 * ```
 *
 * - **Order:** of several that can be done now, the first from a random one on, so that none starves; to wait it takes
 *   one place for each case, at the end of its line.
 * - **Abort:** rejects with `signal.reason`; nothing was sent or taken, and no place is left in any line.
 * - **Errors:** at once, with nothing done: `ERR_INVALID_VALUE` without cases, for what is no half of a channel, and for
 *   a channel in both directions, `ERR_TOO_HEAVY`, whatever a weigher throws, `ERR_OVERLOADED`. Later: `ERR_CLOSED`, a
 *   channel's failure, `ERR_WAIT_TIMEOUT`, what a budget rejects with.
 */
export function select<const Cases extends Readonly<Record<string, SelectCase>>>(
  cases: Cases,
  options: WaitOptions = {},
): Promise<Selected<Cases>> {
  try {
    const alternatives = checked(cases);
    checkWait(options);
    const start = Math.floor(Math.random() * alternatives.length);
    const order = [...alternatives.slice(start), ...alternatives.slice(0, start)];
    for (const one of order) {
      const outcome = one.now();
      if (outcome) return outcome as Promise<Selected<Cases>>;
    }
    return new Standing().wait(order, options) as Promise<Selected<Cases>>;
  } catch (refusal) {
    return Promise.reject(refusal);
  }
}

function checked(cases: Readonly<Record<string, unknown>>): Alternative[] {
  const given = cases && typeof cases === "object" ? Object.entries(cases) : [];
  if (given.length === 0) throw new InvalidValueError("cases", cases, "a record of at least one case");
  const opened = given.map(([key, one]) => opening(key, one));
  const senders = new Set(opened.filter(({ sends }) => sends).map(({ core }) => core));
  const both = opened.find(({ core, sends }) => !sends && senders.has(core));
  if (both)
    throw new InvalidValueError(`case ${both.key}`, cases[both.key], "on a channel that no case sends to");
  // Weighers are code of others, so they come last.
  return opened.map(
    ({ key, core, sends }) =>
      new Alternative(key, core, sends && { item: sends.item, weight: core.weightOf(sends.item) }),
  );
}

function opening(key: string, one: unknown): { key: string; core: Core<unknown>; sends?: { item: unknown } } {
  if (one instanceof Sending) {
    const { sender, item } = one.open();
    const core = coreOf(sender, "send");
    if (core) return { key, core, sends: { item } };
    throw new InvalidValueError(`the sender of case ${key}`, sender, "a channel or its sender");
  }
  const core = coreOf(one, "receive");
  if (core) return { key, core };
  throw new InvalidValueError(`case ${key}`, one, "a channel, its receiver, or sending(sender, item)");
}
