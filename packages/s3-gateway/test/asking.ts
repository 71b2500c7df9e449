import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore, type ShelfStore, type ShelfStoreOptions } from "@sluice/object-store";
import { DirectoryStore } from "@sluice/object-store/node";
import { createGateway, type GatewayOptions } from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll } from "vitest";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly code: string | undefined;
}

/** Asks a gateway of its own over a store, without a socket and without signatures. */
export type Ask = (
  method: string,
  path: string,
  headers?: Readonly<Record<string, string>>,
  body?: string,
) => Promise<Reply>;

export function asker(store: GatewayOptions["store"], more: Partial<GatewayOptions> = {}): Ask {
  const gateway = createGateway({
    store,
    budget: new MemoryBudget("4MiB"),
    authenticate: "anonymous",
    ...more,
  });
  return async (method, path, headers = {}, body) => {
    const sized =
      body === undefined ? {} : { "content-length": String(new TextEncoder().encode(body).length) };
    const init = { method, headers: { ...sized, ...headers }, ...(body !== undefined && { body }) };
    const response = await gateway.fetch(new Request(`http://localhost${path}`, init));
    const text = await response.text();
    const code = /<Error>.*<Code>(.*?)<\/Code>/s.exec(text)?.[1];
    return { status: response.status, headers: response.headers, text, code };
  };
}

export const MODIFIED = new Date("2026-01-02T03:04:05.678Z");
const OPTIONS: ShelfStoreOptions = { limits: { minPartSize: 4, maxKeySize: 100 }, now: () => MODIFIED };
const made: string[] = [];
afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true, force: true }))));

/** Both stores of the embedded server, empty, and with small parts. */
export const STORES: readonly (readonly [string, () => Promise<ShelfStore>])[] = [
  ["MemoryStore", async () => new MemoryStore(OPTIONS)],
  [
    "DirectoryStore",
    async () => {
      const path = await mkdtemp(join(tmpdir(), "sluice-gateway-"));
      made.push(path);
      return new DirectoryStore(path, { ...OPTIONS, sync: false });
    },
  ],
];

/** The texts of all elements of this name. */
export const all = (name: string, xml: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text = ""]) => text);

/** The text of the first of them. */
export const one = (name: string, xml: string): string | undefined => all(name, xml)[0];
