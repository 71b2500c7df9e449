import { Agent } from "node:http";
import { env } from "node:process";
import { S3Client } from "@aws-sdk/client-s3";
import type { ObjectStore } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import { nodeStore } from "@sluice/s3-fetch/node";
import { expect, vi } from "vitest";
import { type Cut, type CuttingProxy, cuttingProxy } from "./cutting-proxy.js";

export const needed = (name: string): string => {
  const value = env[name];
  if (!value) throw new Error(`${name} must be set: these tests need a real S3 server`);
  return value;
};

/** A store over connections of its own. */
export interface Connected {
  readonly store: ObjectStore;
  close(): void;
}

export const CONNECT = {
  nodeStore: (endpoint: string, maxSockets: number): Connected => {
    const credentials = {
      accessKeyId: needed("AWS_ACCESS_KEY_ID"),
      secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
    };
    const store = nodeStore({ endpoint, region: needed("AWS_REGION"), credentials, maxSockets });
    return { store, close: () => store.close() };
  },
  "the SDK's client": (endpoint: string, maxSockets: number): Connected => {
    const client = new S3Client({
      endpoint,
      region: needed("AWS_REGION"),
      credentials: {
        accessKeyId: needed("AWS_ACCESS_KEY_ID"),
        secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
      },
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: {
        httpAgent: new Agent({ keepAlive: true, maxSockets }),
        socketAcquisitionWarningTimeout: 600_000,
      },
    });
    return { store: awsStore(client), close: () => client.destroy() };
  },
};

/** Lets `work` have a store whose connections break as `next` says, and expects none to be left. */
export async function through<T>(
  connect: (endpoint: string, maxSockets: number) => Connected,
  maxSockets: number,
  work: (store: ObjectStore, proxy: CuttingProxy) => Promise<T>,
  next?: () => Cut | undefined,
): Promise<T> {
  const proxy = await cuttingProxy(needed("SLUICE_S3_ENDPOINT"), next);
  const { store, close } = connect(proxy.url, maxSockets);
  try {
    return await work(store, proxy);
  } finally {
    close();
    await vi.waitFor(() => expect(proxy.open).toBe(0));
    await proxy.close();
  }
}
