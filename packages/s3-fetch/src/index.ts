export type { Query } from "./address.js";
export type { Credentials, CredentialsOption, CredentialsProvider } from "./credentials.js";
export { type ConnectionOptions, type FetchStoreOptions, fetchStore } from "./fetch-store.js";
export type { Fetch } from "./fetch-transport.js";
export type { RequestHeaders } from "./headers.js";
export type { Outgoing } from "./outgoing.js";
export { type Presign, type PresignOptions, presigner } from "./presigner.js";
export { QUIRKS, type Quirks } from "./quirks.js";
export type { Reading, Transport, WireAnswer, WireRequest } from "./wire.js";
