/** How long a stream may hold its permit, and who hears of it if it is lost. */
export interface ReleaseLikeOptions {
  /** Milliseconds in which the consumer asks for nothing. */
  idleTimeout?: number | undefined;
  /** Milliseconds from the beginning to the end. */
  lifetime?: number | undefined;
  onLeak?: ((leak: unknown) => void) | undefined;
}

/** What the laws R need of an implementation: it returns a stream of the kind that it was given. */
export type ReleaseOnEndLike = <S extends object>(
  stream: S,
  release: () => void,
  options?: ReleaseLikeOptions,
) => S;

/** What `admit` needs of a semaphore. */
export interface AdmittingLike {
  acquire(weight: number): Promise<{ release(): void }>;
}

/** Takes a permit, opens a stream, and gives the permit back when that has ended. */
export type AdmitLike = <S extends object>(
  semaphore: AdmittingLike,
  weight: number,
  open: () => S | Promise<S>,
) => Promise<S>;

/** Both, where there are both. */
export interface ReleaseLike {
  readonly releaseOnEnd: ReleaseOnEndLike;
  readonly admit: AdmitLike;
}

/** An implementation, and the kinds of stream that it is judged on. */
export interface ReleaseSubject {
  readonly releaseOnEnd: ReleaseOnEndLike;
  readonly admit?: AdmitLike | undefined;
  readonly kinds: readonly StreamKind[];
}

export type MakeRelease = () => ReleaseSubject;

/** What a source is going to do. Its chunks are numbered from 0. */
export interface SourcePlan {
  readonly chunks: number;
  /** What comes after the last chunk; a stalled source never answers again. */
  readonly ending: "end" | "error" | "stall";
  /** All chunks are there before anybody asks, where the kind of stream can do that. */
  readonly eager: boolean;
  /** The end comes together with the last chunk, and not when more is asked for. */
  readonly endsWithLast: boolean;
  /** What the source fails with. */
  readonly failure: Error;
  /** The source waits for it before it answers: a schedule decides when. */
  readonly pace?: (() => Promise<unknown>) | undefined;
}

export interface Source {
  readonly stream: object;
  /** How many chunks it has made. */
  produced(): number;
  /** Set when it was told to stop. */
  left(): { readonly reason: unknown } | undefined;
}

/** Somebody who reads a stream in the way of its kind. */
export interface Consumer {
  /** The number of the chunk, or -1 for one that the source has not made; `"end"`; or a rejection. */
  read(): Promise<number | "end">;
  leave(reason: unknown): Promise<unknown>;
}

/** One kind of stream: how to make one, how to read one, and how to tell it from another. */
export interface StreamKind {
  readonly name: string;
  /** Whether it tells of its end only in a later turn of the event loop. */
  readonly tellsLate?: boolean;
  /** Whether several reads may wait at once, each for a chunk of its own. */
  readonly queues?: boolean;
  /** When its source can be told to stop, if not always; between reads means after the first. */
  readonly stops?: "never" | "between reads";
  open(plan: SourcePlan): Source;
  consume(stream: object): Consumer;
  /** What a user could tell it by. */
  traits(stream: object): string;
}
