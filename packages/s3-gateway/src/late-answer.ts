import type { Answer } from "./answer.js";
import type { Operation } from "./protocol/operation.js";

//  working ──answer, before the first interval is over──▶ told as it is
//     └──interval──▶ begun: 200 and the XML declaration ──interval──▶ a space … ──answer──▶ the document, or <Error>
//
//  A client, or what stands between, closes a connection on which nothing comes. S3 does the same where a store puts
//  much together, so that its clients look into a 200 for an error.

const SLOW: ReadonlySet<Operation> = new Set(["CompleteMultipartUpload", "CopyObject", "UploadPartCopy"]);

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/**
 * The answer of an operation, or if it takes longer than an interval, one that begins before that is known.
 *
 * - **Order:** none.
 * - **Abort:** whoever stops reading the answer stops the spaces; the work has its own signal.
 * - **Errors:** those of the work, until the answer has begun; from then on `tell` says what is told of them.
 */
export async function inTime(
  { operation }: { readonly operation: Operation },
  work: Promise<Answer>,
  { keepAliveInterval: interval }: { readonly keepAliveInterval: number },
  tell: (failure: unknown) => Answer,
): Promise<Answer> {
  if (!SLOW.has(operation) || interval === Number.POSITIVE_INFINITY) return work;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, interval, undefined);
  });
  try {
    return (await Promise.race([work, over])) ?? begun(work, interval, tell);
  } finally {
    clearTimeout(timer);
  }
}

function begun(work: Promise<Answer>, interval: number, tell: (failure: unknown) => Answer): Answer {
  let rest: Uint8Array | undefined;
  let onRest = (): void => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let first = true;
  work.catch(tell).then(({ body }) => {
    rest = withoutDeclaration(body as Uint8Array);
    onRest();
  });
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (first) {
          first = false;
          controller.enqueue(new TextEncoder().encode(DECLARATION));
          return undefined;
        }
        return new Promise<void>((resolve) => {
          const next = (): void => {
            clearTimeout(timer);
            onRest = () => {};
            controller.enqueue(rest ?? new Uint8Array([SPACE]));
            if (rest !== undefined) controller.close();
            resolve();
          };
          onRest = next;
          if (rest === undefined) timer = setTimeout(next, interval);
          else next();
        });
      },
      cancel() {
        clearTimeout(timer);
        onRest = () => {};
      },
    },
    { highWaterMark: 0 },
  );
  return { status: 200, headers: { "content-type": "application/xml" }, body: { stream } };
}

const SPACE = 32;

function withoutDeclaration(document: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(document);
  return new TextEncoder().encode(text.startsWith(DECLARATION) ? text.slice(DECLARATION.length) : text);
}
