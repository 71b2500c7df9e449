export { DirectoryStore, type DirectoryStoreOptions } from "./node/directory-store.js";
