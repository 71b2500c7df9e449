import type { ObjectStore } from "@sluice/object-store";
import type { SemaphoreLike } from "../semaphore/subject.js";

/** What a gateway is told of an access key. */
export interface CredentialsLike {
  readonly secretAccessKey: string;
  /** Temporary credentials: the request must carry exactly this one. */
  readonly sessionToken?: string | undefined;
}

/** Finds the credentials of an access key; undefined if there are none. */
export type LookupLike = (accessKeyId: string) => Promise<CredentialsLike | undefined>;

/** What the laws G ask for. */
export interface GatewayLikeOptions {
  /** Where the objects are. What it is asked, and what it gives, is watched. */
  readonly store: ObjectStore;
  /** Bytes that all requests together may hold. */
  readonly budget: SemaphoreLike;
  /** Milliseconds to wait for the budget. */
  readonly waitTimeout: number;
  readonly authenticate: LookupLike;
  /** The region that signatures must name. */
  readonly region: string;
  /** Bytes that one request holds at the most. The budget has room for one at least. */
  readonly requestBytes: number;
  /** Bytes of the largest body of a control operation. */
  readonly controlBytes: number;
}

/** A gateway, as the laws need it: it answers S3 requests, path style. */
export interface GatewayLike {
  fetch(request: Request): Promise<Response>;
  /** Such as `http://127.0.0.1:9000`, if requests must be for that host. */
  readonly origin?: string | undefined;
  /** Called at the end of each schedule, for a gateway that has something to close. */
  close?(): Promise<void>;
}

/** An implementation, and where it is judged. */
export interface GatewaySubject {
  readonly gateway: (options: GatewayLikeOptions) => GatewayLike | Promise<GatewayLike>;
  /** The budgets that it understands; left out: the kit's own semaphore. */
  readonly budget?: ((bytes: number) => SemaphoreLike) | undefined;
  /** A store that keeps the laws O; left out: the kit's own, in memory. */
  readonly store?: ObjectStore | undefined;
  /** An existing bucket of that store, `"bucket"` if left out. What a trial leaves there it deletes. */
  readonly bucket?: string | undefined;
}

/** Makes or finds it; called once for each schedule. */
export type MakeGateway = () => GatewaySubject | Promise<GatewaySubject>;
