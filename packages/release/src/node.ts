export { type NodeResponse, releaseOnResponse } from "./node/response.js";
