import { type ObjectStore, S3_LIMITS, type StoreLimits } from "@sluice/object-store";
import { buckets } from "./buckets.js";
import type { Client } from "./client.js";
import { multiparts } from "./multiparts.js";
import { objects } from "./objects.js";
import { tags } from "./tags.js";

/** The port over one client. */
export const storeOver = (client: Client, limits: Partial<StoreLimits> | undefined): ObjectStore => ({
  limits: { ...S3_LIMITS, ...(client.quirks.equalParts && { equalParts: true }), ...limits },
  buckets: buckets(client),
  tags: tags(client),
  ...objects(client),
  ...multiparts(client),
});
