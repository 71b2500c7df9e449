export { type NodeStore, type NodeStoreOptions, nodeStore } from "./node/node-store.js";
export { type NodeTransport, type NodeTransportOptions, nodeTransport } from "./node/node-transport.js";
