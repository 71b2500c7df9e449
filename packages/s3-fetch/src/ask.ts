import type { IntegrityOptions, StoreBody, StoreErrorCode } from "@sluice/object-store";
import type { Query } from "./address.js";
import type { RequestHeaders } from "./headers.js";
import type { OnSent } from "./outgoing.js";

/** One request, in the terms of the port. */
export interface Ask {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  readonly query?: Query | undefined;
  readonly headers?: RequestHeaders | undefined;
  readonly body?: StoreBody | undefined;
  readonly onSent?: OnSent;
  /** The digests that the body must have. */
  readonly integrity?: IntegrityOptions | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The account that must own the bucket. */
  readonly owner?: string | undefined;
  /** What a bare 404 means here. */
  readonly notFound?: StoreErrorCode | undefined;
}
