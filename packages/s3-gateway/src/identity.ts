import type { Operation } from "./protocol/operation.js";

/** What the gateway knows about an access key. It is asked for once a request; keep what is slow in a cache of yours. */
export interface Credentials {
  readonly secretAccessKey: string;
  /** For temporary credentials: the request must carry exactly this one. */
  readonly sessionToken?: string | undefined;
  /** From then on the credentials are refused with ExpiredToken. */
  readonly expires?: Date | undefined;
  /** Handed on as {@link Identity.owner}. */
  readonly owner?: string | undefined;
}

/** Finds the credentials of an access key; undefined if there are none. */
export type CredentialLookup = (
  accessKeyId: string,
) => Credentials | undefined | Promise<Credentials | undefined>;

/** Who sent a request, as far as its signature proves it. */
export interface Identity {
  /** Undefined when the gateway lets everybody in. */
  readonly accessKeyId: string | undefined;
  readonly owner?: string | undefined;
}

/** One thing that somebody wants to do. A request with several objects asks once for each. */
export interface Intent {
  readonly identity: Identity;
  readonly operation: Operation;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
}

/** Says whether it may be done. */
export type Authorize = (intent: Intent) => boolean | Promise<boolean>;
