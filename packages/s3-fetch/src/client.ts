import type { Query } from "./address.js";
import type { Clock } from "./clock.js";
import type { Credentials } from "./credentials.js";
import type { Outgoing } from "./outgoing.js";
import type { Quirks } from "./quirks.js";
import type { Transport } from "./wire.js";

/** What all requests of one store share. */
export interface Client {
  readonly region: string;
  readonly clock: Clock;
  readonly quirks: Quirks;
  readonly transport: Transport;
  /** Says where a request goes, and signs it. */
  readonly route: (unsigned: Unsigned) => Promise<Route>;
  /** The store says that these have ended. Whether another try can have better ones. */
  readonly refused: (credentials: Credentials | undefined) => boolean;
}

export interface Unsigned {
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly query: Query;
  /** In lower case, and in ASCII. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Outgoing | undefined;
  /** Ends the waiting for credentials. */
  readonly signal?: AbortSignal | undefined;
}

export interface Route {
  readonly origin: string;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers: Headers;
  /** Those that it was signed with, to be told when the store refuses them. */
  readonly credentials?: Credentials | undefined;
  /** The offset of the clock that it was signed by, if it was. */
  readonly clockOffset?: number | undefined;
}
