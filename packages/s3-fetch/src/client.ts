import type { Endpoint } from "./address.js";
import type { Clock } from "./clock.js";
import type { Quirks } from "./quirks.js";
import type { Signer } from "./signer.js";
import type { Transport } from "./wire.js";

/** What all requests of one store share. */
export interface Client {
  readonly endpoint: Endpoint;
  readonly region: string;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly quirks: Quirks;
  readonly transport: Transport;
  readonly payload: "unsigned" | "sha256" | undefined;
}
