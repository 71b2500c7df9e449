import { type Kind, sourceOf } from "../read-slots/kinds.js";
import type { SourceLike } from "../read-slots/subject.js";

export type Bytes = Uint8Array<ArrayBuffer>;

/** What a source is going to do. */
export interface SourcePlan {
  readonly kind: Kind;
  readonly chunks: readonly Bytes[];
  /** What comes after the last chunk; a source that can only answer at once ends where others stall. */
  readonly ending: "end" | "stall" | { readonly error: unknown };
}

/** Who hears of what a source is asked and what it hands out. */
export interface SourceHears {
  turn(what: string): Promise<unknown>;
  onAsked(): void;
  onGiven(chunk: Bytes): void;
  onFailed(error: unknown): void;
}

/** A source of one body that writes down what is done with it. */
export class Source {
  readonly body: SourceLike<Bytes>;
  /** Bytes that it has handed out; and of the last chunk alone. */
  given = 0;
  last = 0;
  /** How often it was told to stop. */
  left = 0;
  /** It has ended or failed by itself. */
  over = false;
  readonly #plan: SourcePlan;
  readonly #hears: SourceHears;
  #asked = 0;

  constructor(plan: SourcePlan, hears: SourceHears) {
    this.#plan = plan;
    this.#hears = hears;
    this.body = sourceOf(plan.kind, {
      read: async () => {
        this.#ask();
        if (this.#asked > plan.chunks.length && plan.ending === "stall") return new Promise(() => {});
        await hears.turn(`the source answers ${this.#asked}`);
        return this.#answer();
      },
      readNow: () => {
        this.#ask();
        return this.#answer();
      },
      leave: () => {
        this.left++;
      },
    });
  }

  #ask(): void {
    this.#asked++;
    this.#hears.onAsked();
  }

  #answer(): IteratorResult<Bytes> {
    const chunk = this.#plan.chunks[this.#asked - 1];
    if (chunk !== undefined) {
      this.given += chunk.length;
      this.last = chunk.length;
      this.#hears.onGiven(chunk);
      return { done: false, value: chunk };
    }
    this.over = true;
    const { ending } = this.#plan;
    if (typeof ending !== "object") return { done: true, value: undefined };
    this.#hears.onFailed(ending.error);
    throw ending.error;
  }
}
