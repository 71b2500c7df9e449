/**
 * Whether an outcome asks its sender to slow down: `slowDown: true` on an error or a result, S3's code `SlowDown`, or
 * an HTTP status of 429 (Too Many Requests) or 503 (Service Unavailable), as errors of clients and a `Response` have it.
 */
export function slowsDown(outcome: unknown): boolean {
  if (Object(outcome) !== outcome) return false;
  const { slowDown, code, name, status } = outcome as Readonly<Record<string, unknown>>;
  return slowDown === true || code === "SlowDown" || name === "SlowDown" || status === 429 || status === 503;
}
