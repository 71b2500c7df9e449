import { MemoryStore } from "@sluice/object-store";
import { createGateway, type Gateway, type GatewayEvent } from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";

/** A gateway with a small budget over a few objects, and what can be asked about it afterwards. */
export interface World {
  readonly gateway: Gateway;
  readonly budget: MemoryBudget;
  readonly uploadId: string;
  /** All that is stored, as one text. */
  state(): Promise<string>;
  /** A failure since the last time that the gateway could only call InternalError. */
  internal(): GatewayEvent | undefined;
}

export async function makeWorld(): Promise<World> {
  const store = new MemoryStore({
    autoCreateBuckets: false,
    limits: { minPartSize: 1, maxKeySize: 200, maxPageSize: 3 },
  });
  await store.buckets.create("box");
  for (const key of ["a b", "a", "a/b", "a/c", "b"]) {
    await store.put({ bucket: "box", key }, new TextEncoder().encode("hello"));
  }
  const open = { bucket: "box", key: "open" };
  const { uploadId } = await store.createMultipart(open);
  await store.putPart({ ...open, uploadId }, 1, new TextEncoder().encode("hello"));
  const budget = new MemoryBudget("1MiB");
  let internal: GatewayEvent | undefined;
  const gateway = createGateway({
    store,
    budget,
    authenticate: "anonymous",
    domain: "s3.test",
    cors: [{ allowedOrigins: ["https://*.example.com"], allowedMethods: ["PUT"], allowedHeaders: ["*"] }],
    limits: { requestBytes: 64 * 1_024, controlBytes: 128 * 1_024, idleTimeout: 5_000 },
    waitTimeout: 5_000,
    onEvent: (event) => {
      if (event.code === "InternalError") internal = event;
    },
  });
  const takeInternal = () => {
    const found = internal;
    internal = undefined;
    return found;
  };
  return { gateway, budget, uploadId, internal: takeInternal, state: () => stateOf(store) };
}

async function stateOf(store: MemoryStore): Promise<string> {
  const lines: string[] = [];
  for (const { name } of await store.buckets.list()) {
    lines.push(name);
    for (let next: string | undefined, first = true; first || next !== undefined; first = false) {
      const page = await store.list(name, { continuation: next });
      for (const { key, etag } of page.objects) lines.push(`${name}/${key} ${etag}`);
      next = page.next;
    }
    for (let next: string | undefined, first = true; first || next !== undefined; first = false) {
      const page = await store.listMultiparts(name, { continuation: next });
      for (const { key, uploadId } of page.uploads) {
        const { parts } = await store.listParts({ bucket: name, key, uploadId });
        lines.push(`${key} ${parts.map(({ partNumber, etag }) => `${partNumber} ${etag}`).join(", ")}`);
      }
      next = page.next;
    }
  }
  return lines.join("\n");
}
