export type { AdminOptions } from "./node/admin.js";
export { ClientLeftError } from "./node/handle.js";
export type { ListenOptions, TlsOptions } from "./node/open-server.js";
export { type ServeOptions, type Serving, serve } from "./node/serve.js";
export type { Served } from "./node/served.js";
