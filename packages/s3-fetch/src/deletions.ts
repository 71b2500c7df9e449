import {
  type DeleteManyResult,
  type DeleteOptions,
  digestOf,
  type ObjectSource,
  type RequestOptions,
  StoreError,
} from "@sluice/object-store";
import type { Client } from "./client.js";
import { exchangeXml } from "./document.js";
import { exchange } from "./exchange.js";
import { toBase64 } from "./integrity.js";
import { element, elements, escapeXml, inXml, textOf } from "./xml.js";

type Failed = DeleteManyResult["failed"][number];

export async function deleteOne(
  client: Client,
  { bucket, key, versionId }: ObjectSource,
  { signal, ifMatch, expectedBucketOwner: owner }: DeleteOptions,
): Promise<void> {
  const headers = { "if-match": ifMatch };
  const query = { versionId };
  const deletion = exchange(client, { method: "DELETE", bucket, key, query, headers, signal, owner });
  // S3 says nothing when there is no such key; some stores do.
  await deletion.then(
    ({ answer }) => answer.discard(),
    (error: unknown) => {
      if (ifMatch !== undefined || !(error instanceof StoreError && error.code === "NoSuchKey")) throw error;
    },
  );
}

export async function deleteMany(
  client: Client,
  bucket: string,
  keys: readonly string[],
  options: RequestOptions,
): Promise<DeleteManyResult> {
  const together = keys.filter(inXml);
  const failed = together.length > 0 ? await deleteTogether(client, bucket, together, options) : [];
  for (const key of keys) {
    if (inXml(key)) continue;
    try {
      await deleteOne(client, { bucket, key }, options);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      failed.push({ key, code: error.code, message: error.message });
    }
  }
  const kept = new Set(failed.map(({ key }) => key));
  return { deleted: keys.filter((key) => !kept.has(key)), failed };
}

async function deleteTogether(
  client: Client,
  bucket: string,
  keys: readonly string[],
  { signal, expectedBucketOwner: owner }: RequestOptions,
): Promise<Failed[]> {
  const listed = keys.map((key) => element("Object", element("Key", escapeXml(key)))).join("");
  // Quietly: the answer is as long as what went wrong.
  const body = new TextEncoder().encode(element("Delete", `<Quiet>true</Quiet>${listed}`));
  const headers = {
    // S3 wants a digest of it; some stores know no other than this.
    "content-md5": toBase64(await digestOf("md5", body)),
    "content-type": "application/xml",
  };
  const query = { delete: "" };
  const ask = {
    method: "POST",
    bucket,
    query,
    headers,
    body,
    signal,
    owner,
    notFound: "NoSuchBucket",
  } as const;
  const { root } = await exchangeXml(client, ask, "DeleteResult");
  return elements(root, "Error").map((error) => ({
    key: textOf(error, "Key") ?? "",
    code: textOf(error, "Code") ?? "",
    message: textOf(error, "Message") ?? "",
  }));
}
