import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryStore } from "@sluice/object-store/node";
import { createGateway } from "@sluice/s3-gateway";
import { serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";

/**
 * For a test run as a whole: the embedded server in the place of a real one, for the tests of the S3 adapters. The
 * runner loads this file itself, without our export condition, so that it is the built gateway that is tested.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-embedded-"));
  const keys = { accessKeyId: "EMBEDDED", secretAccessKey: "embedded-secret" };
  const gateway = createGateway({
    store: new DirectoryStore(directory, { autoCreateBuckets: false, sync: false }),
    budget: new MemoryBudget("64MiB"),
    authenticate: (accessKeyId) => (accessKeyId === keys.accessKeyId ? keys : undefined),
  });
  const serving = await serve(gateway, { port: 0 });
  Object.assign(process.env, {
    SLUICE_S3_SERVER: "embedded",
    SLUICE_S3_ENDPOINT: serving.url,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_REGION: "us-east-1",
  });
  return async () => {
    await serving.close();
    await rm(directory, { recursive: true, force: true });
  };
}
