import { Outcome } from "../read-slots/outcome.js";
import { joined } from "../store/reference-body.js";
import { type Draft, encodedPath, encodedQuery } from "./signing.js";
import type { GatewayLike } from "./subject.js";

/** What a client knows of the world around it. */
interface Scene {
  readonly story: string[];
  readonly gateway: GatewayLike;
  readonly look: (bytes: number) => void;
  turn(what: string): Promise<unknown>;
  breach(what: string): void;
}

//  asked ──answered──▶ reading ──the end──▶ over
//    └───────────────────┴──leaves──▶ left

/** The body that a client sends, and how it comes. */
export interface Sent {
  readonly bytes: Uint8Array;
  /** The sizes of pieces, over and over. */
  readonly pieces: readonly number[];
  /** What comes behind the last piece. */
  readonly ending?: "end" | "failure" | undefined;
  /** It gives nothing more after so many bytes, until the promise resolves. */
  readonly stall?: { readonly after: number; readonly until: Promise<unknown> } | undefined;
}

/** One client with one request. */
export class Client {
  readonly name: string;
  /** Bytes of its body that it has given, and how often it was asked for some. */
  given = 0;
  asked = 0;
  /** Bytes of the answer that it has read. */
  read = 0;
  response: Response | undefined;
  /** The body of the answer has come to its end, or has failed. */
  ended: "end" | { readonly error: unknown } | undefined;
  left = false;
  /** It reads no more of the answer after so many bytes. */
  stopsAfter = Number.POSITIVE_INFINITY;
  outcome: Outcome | undefined;
  readonly #world: Scene;
  readonly #stop = new AbortController();
  readonly #chunks: Uint8Array[] = [];
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #wake = () => {};
  // In some versions of Node its signal dies with it.
  request: Request | undefined;

  constructor(world: Scene, name: string) {
    this.#world = world;
    this.name = name;
  }

  /** Sends the request. */
  send({ method, path, query, headers }: Draft, sent?: Sent): void {
    const search = query.length === 0 ? "" : `?${encodedQuery(query)}`;
    const { host = "", ...others } = headers;
    const init: RequestInit & { duplex: "half" } = {
      ...{ method, headers: others, signal: this.#stop.signal, duplex: "half" },
      body: sent === undefined ? null : this.#stream(sent),
    };
    const url = `http://${host}${encodedPath(path)}${search}`;
    this.#world.story.push(`${this.name} sends ${method} ${path}${search.slice(0, 60)}`);
    this.request = new Request(url, init);
    const answering = this.#world.gateway.fetch(this.request).then((response) => {
      this.response = response;
      this.#world.story.push(`${this.name} is answered ${response.status}`);
      if (response.body === null) this.ended = "end";
      else void this.#readAll(response.body);
    });
    this.outcome = new Outcome(answering, () => {
      if (this.outcome?.state !== "rejected") return;
      if (!this.left) this.#world.breach(`fetch rejects with ${String(this.outcome.reason)}`);
      this.ended = { error: this.outcome.reason };
    });
  }

  get status(): number {
    return this.response?.status ?? 0;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** It has its answer to the end, or will never have it. */
  readonly over = (): boolean => this.left || this.ended !== undefined;

  /** It asks for nothing more. */
  readonly stopped = (): boolean => this.response !== undefined && this.read >= this.stopsAfter;

  /** What it has read of the answer. */
  get bytes(): Uint8Array {
    return joined(this.#chunks);
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  /** The code of the error that it was told. */
  get code(): string {
    return /<Code>(.*?)<\/Code>/.exec(this.text)?.[1] ?? "";
  }

  /** Goes away: its request is aborted, or the answer that it reads is cancelled. */
  leave(how: "abort" | "cancel"): void {
    if (this.over()) return;
    this.left = true;
    this.#world.story.push(`${this.name} leaves`);
    const reason = new Error(`${this.name} has left`);
    if (how === "abort" || this.#reader === undefined) this.#stop.abort(reason);
    else this.#reader.cancel(reason).catch(() => {});
  }

  async #readAll(body: ReadableStream<Uint8Array>): Promise<void> {
    const world = this.#world;
    const reader = body.getReader();
    this.#reader = reader;
    // Who does not read hears of a failure as well.
    reader.closed.catch((error: unknown) => {
      this.ended ??= { error };
    });
    if (this.left) this.#stop.abort(new Error(`${this.name} has left`));
    try {
      for (;;) {
        await world.turn(`${this.name} reads`);
        while (!this.left && this.stopped()) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
        if (this.left) return;
        const { done, value } = await reader.read();
        if (this.left) return;
        if (done) {
          this.ended ??= "end";
          return;
        }
        this.read += value.length;
        this.#chunks.push(value.slice());
      }
    } catch (error) {
      this.ended ??= { error };
    }
  }

  /** Goes on reading after it had stopped. */
  resume(): void {
    this.stopsAfter = Number.POSITIVE_INFINITY;
    this.#wake();
  }

  #stream({ bytes, pieces, ending = "end", stall }: Sent): ReadableStream<Uint8Array> {
    const world = this.#world;
    let count = 0;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.asked++;
          world.look(0);
          await world.turn(`${this.name} gives`);
          if (this.left) return new Promise(() => {});
          const isStalled = stall !== undefined && this.given >= stall.after;
          if (isStalled) await stall.until;
          const until = stall === undefined || isStalled ? bytes.length : stall.after;
          const size = Math.min(pieces[count++ % pieces.length]!, until - this.given);
          const piece = bytes.slice(this.given, this.given + size);
          if (piece.length > 0) {
            world.look(piece.length);
            this.given += piece.length;
            controller.enqueue(piece);
          } else if (ending === "failure") controller.error(new Error(`${this.name} breaks off`));
          else controller.close();
          return undefined;
        },
      },
      { highWaterMark: 0 },
    );
  }
}
