import { LeakedError } from "./errors.js";

//  wrapped ──ended──▶ forgotten
//     └────collected──▶ its source cancelled, released for its holder, and reported

/** A stream that was collected before it had ended. */
export interface Leak {
  /** The stack of the call that wrapped it, cut off after 2,000 characters. */
  readonly wrappedAt: string | undefined;
}

/** Where the chunks come from. It must not lead to the wrapper, which is watched. */
export interface Source {
  cancel(reason: unknown): unknown;
}

interface Held {
  release(): void;
}

interface Watched extends Leak {
  readonly hold: Held;
  readonly source: Source | undefined;
  readonly onLeak: (leak: Leak) => void;
}

// One for all, and here: a registry that is itself collected tells nothing. Not before it is needed, as there are
// runtimes without.
let registry: FinalizationRegistry<Watched> | undefined;

/** Watches over what is held by whoever has the stream. */
export function watchLeak(
  holder: object,
  hold: Held,
  source: Source | undefined,
  onLeak: (leak: Leak) => void,
): void {
  if (typeof FinalizationRegistry === "undefined") return;
  registry ??= new FinalizationRegistry(giveBack);
  // A text from the start: an Error keeps the objects of its stack alive, and with them perhaps the stream.
  const wrappedAt = new Error("wrapped").stack?.slice(0, 2_000);
  registry.register(holder, { hold, source, onLeak, wrappedAt }, hold);
}

export const forgetLeak = (hold: Held): void => void registry?.unregister(hold);

function giveBack({ hold, source, onLeak, wrappedAt }: Watched): void {
  // Apart, so that what the hook throws surfaces where bugs do, and harms nobody else.
  queueMicrotask(() => onLeak({ wrappedAt }));
  source?.cancel(new LeakedError());
  hold.release();
}
