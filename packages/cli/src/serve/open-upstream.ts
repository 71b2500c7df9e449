import { connect, type S3Options } from "../s3.js";
import type { OpenStore } from "./open-store.js";

/**
 * The store to stand in front of: another server, with the credentials of this process.
 *
 * - **Order:** none.
 * - **Abort:** not needed: no request is sent.
 * - **Errors:** those of `connect`.
 */
export async function openUpstream(options: S3Options): Promise<OpenStore> {
  const { store, close } = await connect(options);
  return { store, place: `in front of ${options.endpoint}`, close: async () => close() };
}
