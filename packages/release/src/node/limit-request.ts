import type { IncomingMessage } from "node:http";
import { TooLargeError } from "@sluice/release";

//  taking ──a chunk crosses the limit──▶ dropping ──end of the body, client gone──▶ over
//
// Handlers read the request itself, so there is no wrapper that could be put between. A listener for its chunks cannot
// keep the one that crosses from the others, and would set a request flowing whose handler listens to "readable" only
// for a while. So the method by which Node's parser puts a chunk in is taken over for this one request.

/**
 * Counts what comes of a body whose length is not declared. The first chunk beyond the limit, and all behind it, are
 * dropped, and so is the end: to whoever reads, a body that was cut must not look like a whole one. `rest` resolves
 * when nothing more comes. Returns what puts an end to the counting.
 */
export function limitRequest(
  request: IncomingMessage,
  limit: number,
  onTooLarge: (error: TooLargeError, rest: Promise<void>) => void,
): () => void {
  let seen = request.readableLength;
  let dropping = false;
  let onRest = (): void => {};

  const cross = (): void => {
    dropping = true;
    const rest = new Promise<void>((resolve) => {
      onRest = resolve;
    });
    request.once("close", onRest);
    onTooLarge(new TooLargeError(limit, { seen }), rest);
  };

  const push = request.push;
  request.push = (chunk: Uint8Array | null, encoding?: BufferEncoding): boolean => {
    if (!dropping && chunk !== null) {
      seen += chunk.length;
      if (seen > limit) cross();
    }
    if (!dropping) return push.call(request, chunk, encoding);
    if (chunk === null) onRest();
    return true;
  };
  if (seen > limit) cross();
  return () => {
    request.push = push;
  };
}
