import { download } from "@sluice/s3-download";
import { fetchStore } from "@sluice/s3-fetch";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget } from "@sluice/semaphore";
import type { Server } from "./transfers.js";

/**
 * A handler as one would write it: a PUT streams what it is sent into an upload, and a GET streams a download out.
 *
 * - **Order:** none.
 * - **Abort:** a client that leaves stops its upload, as the body fails, and its download, as the body is cancelled.
 * - **Errors:** those of the upload and the download.
 */
export async function relay(request: Request, server: Server, key: string): Promise<Response> {
  const store = fetchStore(server);
  const target = { bucket: server.bucket, key };
  const budget = new MemoryBudget("16MiB");
  if (request.method === "PUT") {
    const { size, parts } = await upload(store, target, request.body ?? "", { partSize: "1MiB", budget });
    return Response.json({ size, parts });
  }
  const { body, size } = await download(store, target, { rangeSize: "4MiB", budget });
  return new Response(body, { headers: { "x-size": String(size) } });
}
