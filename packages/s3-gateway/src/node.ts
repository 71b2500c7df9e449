export { ClientLeftError } from "./node/handle.js";
export { type ServeOptions, type Serving, serve } from "./node/serve.js";
