import { type BucketStore, StoreError } from "@sluice/object-store";
import type { Client } from "./client.js";
import { exchangeXml } from "./document.js";
import { exchange } from "./exchange.js";
import { element, elements, escapeXml, textOf } from "./xml.js";

/** The part of the port that deals with buckets. */
export const buckets = (client: Client): BucketStore => ({
  async create(bucket, { signal } = {}) {
    const { region } = client;
    // Amazon's first region has no name here; R2's only one needs none.
    const constraint = /^(us-east-1|auto)$/.test(region)
      ? undefined
      : element("LocationConstraint", escapeXml(region));
    const body = constraint && new TextEncoder().encode(element("CreateBucketConfiguration", constraint));
    const headers = { "content-type": body && "application/xml" };
    const { answer } = await exchange(client, {
      method: "PUT",
      bucket,
      headers,
      body: body || undefined,
      signal,
    });
    answer.discard();
  },

  async head(bucket, { signal } = {}) {
    const { answer } = await exchange(client, { method: "HEAD", bucket, signal, notFound: "NoSuchBucket" });
    answer.discard();
  },

  async delete(bucket, { signal } = {}) {
    const { answer } = await exchange(client, { method: "DELETE", bucket, signal, notFound: "NoSuchBucket" });
    answer.discard();
  },

  async list({ signal } = {}) {
    const all: { name: string; created: Date }[] = [];
    for (let token: string | undefined; ; ) {
      const ask = { method: "GET", query: { "continuation-token": token }, signal } as const;
      const { root } = await exchangeXml(client, ask, "ListAllMyBucketsResult");
      for (const entry of elements(root, "Buckets").flatMap((list) => elements(list, "Bucket"))) {
        all.push({
          name: textOf(entry, "Name") ?? "",
          created: new Date(textOf(entry, "CreationDate") ?? 0),
        });
      }
      const next = textOf(root, "ContinuationToken");
      if (!next) return all;
      if (next === token) {
        const what = "the store lists its buckets over and over";
        throw new StoreError("InternalError", what, { retryable: false });
      }
      token = next;
    }
  },
});
