import type { ReleaseLikeOptions } from "./subject.js";

export interface LeakSins {
  keepsWhatNobodyHas?: boolean;
  reportsNoLeak?: boolean;
  onlyReportsLeaks?: boolean;
}

interface Watched {
  readonly source: { cancel(reason: unknown): Promise<unknown> };
  readonly once: () => void;
  readonly sins: LeakSins;
  readonly onLeak: (leak: unknown) => void;
}

// A registry that is collected itself tells nothing.
const registry = /* @__PURE__ */ new FinalizationRegistry<Watched>(({ source, once, sins, onLeak }) => {
  if (!sins.reportsNoLeak) onLeak({});
  source.cancel("nobody has it").catch(() => {});
  if (!sins.onlyReportsLeaks) once();
});

/** Watches over what nothing here leads to, and returns what ends that. */
export function watchForLeaks(
  wrapper: object,
  source: Watched["source"],
  once: () => void,
  sins: LeakSins,
  { onLeak }: ReleaseLikeOptions,
): () => void {
  if (!onLeak || sins.keepsWhatNobodyHas) return () => {};
  registry.register(wrapper, { source, once, sins, onLeak }, once);
  return () => void registry.unregister(once);
}
