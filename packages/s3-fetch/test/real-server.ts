import { env } from "node:process";
import type { ObjectStore } from "@sluice/object-store";
import { type FetchStoreOptions, fetchStore } from "@sluice/s3-fetch";
import { nodeStore } from "@sluice/s3-fetch/node";

const needed = (name: string): string => {
  const value = env[name];
  if (!value) throw new Error(`${name} must be set: these tests need a real S3 server`);
  return value;
};

export const KINDS = ["fetch", "node"] as const;
export type Kind = (typeof KINDS)[number];

/** A store over the server that the environment names, by either transport. */
export function connect(kind: Kind, more: Partial<FetchStoreOptions> = {}): ObjectStore {
  const options = {
    endpoint: needed("SLUICE_S3_ENDPOINT"),
    region: needed("AWS_REGION"),
    credentials: {
      accessKeyId: needed("AWS_ACCESS_KEY_ID"),
      secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
    },
    ...more,
  };
  return kind === "node" ? nodeStore(options) : fetchStore(options);
}
