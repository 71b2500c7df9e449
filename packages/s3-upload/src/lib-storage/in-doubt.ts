/**
 * Marks a failure of which nobody knows what it has left: the answer was lost, or an earlier try of the SDK may have
 * done what the last one says is impossible. `upload` looks before it calls that a failure.
 */
export class InDoubt extends Error {
  override readonly name = "InDoubt";
  readonly retryable = true;
  readonly code: unknown;
  /** What the SDK has failed with. */
  readonly error: unknown;
  constructor(error: unknown) {
    super("the answer was lost");
    this.code = nameOf(error);
    this.error = error;
  }

  /** The SDK's own error again, with what failed beside it. */
  surfacing(): unknown {
    const { error } = this;
    const failures: unknown = Reflect.get(this, "alsoFailed");
    if (failures !== undefined && typeof error === "object" && error !== null) {
      Reflect.defineProperty(error, "alsoFailed", { value: failures, configurable: true, writable: true });
    }
    return error;
  }
}

/** Whether the request may have been carried out in spite of its failure. */
export function isDoubtful(error: unknown): boolean {
  const { attempts = 0, httpStatusCode: status } = metadataOf(error);
  if (attempts > 1) return true;
  // Without attempts, it is not the SDK's own: it never left the process.
  return attempts === 1 && (status === undefined || status < 400 || status >= 500);
}

export const nameOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "name" in error ? error.name : undefined;

interface Metadata {
  readonly attempts?: number;
  readonly httpStatusCode?: number;
}

const metadataOf = (error: unknown): Metadata =>
  (typeof error === "object" && error !== null && (error as { $metadata?: Metadata }).$metadata) || {};
