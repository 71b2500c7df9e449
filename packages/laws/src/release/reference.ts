import { iterable } from "./reference-iterable.js";
import { isReadable, readable } from "./reference-node.js";
import type { ReleaseSins } from "./reference-sins.js";
import { web } from "./reference-web.js";
import type { ReleaseOnEndLike } from "./subject.js";

/** Release on end in its most obvious form, for each kind of stream; with a sin, in one of its wrong ones. */
export const sinfulRelease =
  (sins: ReleaseSins): ReleaseOnEndLike =>
  (stream, release, options = {}) => {
    let held = true;
    const once = () => {
      if (held || sins.onErrorAndAgainWhenLeft || sins.twiceWhenLeftWhileAsked) report(release, sins);
      held = false;
    };
    if (sins.whenOpened) once();
    if (stream instanceof Response) {
      const body = web(stream.body as ReadableStream, once, sins, options);
      return new Response(body as BodyInit, sins.losesTheKind ? {} : stream) as typeof stream;
    }
    if (stream instanceof ReadableStream) return web(stream, once, sins, options) as typeof stream;
    if (isReadable(stream)) return readable(stream, once, sins, options) as typeof stream;
    return iterable(stream as never, once, sins, options) as typeof stream;
  };

/** The obvious implementation, without a sin. */
export const referenceRelease: ReleaseOnEndLike = sinfulRelease({});

function report(release: () => void, sins: ReleaseSins): void {
  try {
    release();
  } catch (error) {
    if (sins.letsReleaseThrow) throw error;
    if (sins.swallowsFaults) return;
    queueMicrotask(() => {
      throw error;
    });
  }
}
