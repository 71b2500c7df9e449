/** What is known of where a request came from. */
export interface Origin {
  /** The address of the client, or whatever else tells clients apart that nobody asks for a key. */
  readonly peer?: string | undefined;
  /** When it aborts, a request that still waits for the budget is told 503, and one that would have to wait. */
  readonly closing?: AbortSignal | undefined;
}
