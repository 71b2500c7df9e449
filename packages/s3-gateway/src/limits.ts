import { InvalidValueError } from "@sluice/semaphore";

export interface GatewayLimits {
  /**
   * Bytes that one streamed body has in sockets, runtime and store at the most, besides what the store says of itself.
   * 5 MiB if left out, or half of the budget if that is less: 4 MiB are what Linux holds of an answer that nobody takes.
   */
  readonly requestBytes?: number | undefined;
  /** Bytes of the largest body of DeleteObjects and of the multipart operations. 2 MiB are 10,000 parts. */
  readonly controlBytes?: number | undefined;
  /** Milliseconds after which a client that neither sends nor takes a byte is given up. 60,000 if left out. */
  readonly idleTimeout?: number | undefined;
  /** Bytes a second that a client must send or take, over `rateWindow`. 4,096 if left out; 0 lets it be as slow as it likes. */
  readonly minBytesPerSecond?: number | undefined;
  /** Milliseconds over which that rate is kept. 60,000 if left out. */
  readonly rateWindow?: number | undefined;
  /** Milliseconds that the store may take no byte of an upload, or deliver none of an answer. 120,000 if left out. */
  readonly storeTimeout?: number | undefined;
  /** Milliseconds that a request may take from when it was let in, whoever is slow. Unlimited if left out. */
  readonly lifetime?: number | undefined;
}

/** The limits, with nothing left out. */
export type Limits = { readonly [Name in keyof GatewayLimits]-?: number };

const MiB = 2 ** 20;
// The longest delay that timers keep.
const LONGEST = 2 ** 31 - 1;

/** Throws `ERR_INVALID_VALUE` for what makes no sense. */
export function settleLimits(given: GatewayLimits = {}, capacity: number): Limits {
  const limits = {
    requestBytes: given.requestBytes ?? Math.max(1, Math.min(5 * MiB, Math.floor(capacity / 2))),
    controlBytes: given.controlBytes ?? 2 * MiB,
    idleTimeout: given.idleTimeout ?? 60_000,
    minBytesPerSecond: given.minBytesPerSecond ?? 4_096,
    rateWindow: given.rateWindow ?? 60_000,
    storeTimeout: given.storeTimeout ?? 120_000,
    lifetime: given.lifetime ?? Number.POSITIVE_INFINITY,
  };
  for (const name of ["requestBytes", "controlBytes"] as const) {
    check(
      name,
      limits[name],
      Number.isSafeInteger(limits[name]) && limits[name] >= 1,
      "a safe integer of at least 1",
    );
  }
  for (const name of ["idleTimeout", "rateWindow", "storeTimeout", "lifetime"] as const) {
    const value = limits[name];
    const endless = name === "lifetime" && value === Number.POSITIVE_INFINITY;
    check(name, value, endless || (value >= 1 && value <= LONGEST), `milliseconds from 1 to ${LONGEST}`);
  }
  const rate = limits.minBytesPerSecond;
  check("minBytesPerSecond", rate, Number.isSafeInteger(rate) && rate >= 0, "a safe integer from 0");
  return limits;
}

function check(name: keyof Limits, value: number, right: boolean, expected: string): void {
  if (!right) throw new InvalidValueError(`limits.${name}`, value, expected);
}
