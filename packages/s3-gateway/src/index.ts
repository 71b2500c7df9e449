export type { GatewayEvent } from "./event.js";
export { createGateway, type Gateway } from "./gateway.js";
export type { Authorize, CredentialLookup, Credentials, Identity, Intent } from "./identity.js";
export type { GatewayLimits, GatewayOptions } from "./options.js";
export type { ListBuckets, NamedBucket, RouteStore, StoreRoute } from "./place.js";
export type { Operation } from "./protocol/operation.js";
