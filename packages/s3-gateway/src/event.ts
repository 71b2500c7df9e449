import type { Shed } from "./admission/admission.js";
import type { Operation } from "./protocol/operation.js";

/** What became of one request. It names no secret and no signature. */
export interface GatewayEvent {
  readonly type: "request";
  /** The `x-amz-request-id` of the answer. */
  readonly requestId: string;
  /** Undefined if the request was none that the gateway knows. */
  readonly operation: Operation | undefined;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly status: number;
  /**
   * S3's code of the error. For an answer that was begun and not brought to its end: `"SlowReader"` if its client took
   * too little, `"SlowStore"` if the store delivered nothing, `"LifetimeOver"`, and otherwise `"Aborted"`.
   */
  readonly code: string | undefined;
  /** What the store behind the gateway calls the request that it refused, for its logs. */
  readonly upstreamRequestId?: string | undefined;
  /** Why it was sent away before it touched the store, if it was. */
  readonly shed: Shed | undefined;
  /** Milliseconds from the request's arrival until its permit was given back. */
  readonly ms: number;
  /** Milliseconds of them that it waited to be let in. */
  readonly waitMs: number;
  /** Bytes of the budget that were reserved for it. */
  readonly reserved: number;
  /** Bytes of the object that went through: received for a write, delivered for a read. */
  readonly bytes: number;
}
