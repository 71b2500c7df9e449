import type { ListedPart, MultipartTarget, ObjectStore, ObjectTarget, PartInfo } from "@sluice/object-store";
import type { Sin } from "./sins.js";

/** What another upload needs to go on. */
export interface Token {
  readonly upload: MultipartTarget;
  readonly partSize: number;
  readonly parts: readonly PartInfo[];
}

/** Whether this upload and all parts of the token are there; rejects if not. What is there, by number. */
export async function resumed(
  store: ObjectStore,
  target: ObjectTarget,
  { upload, partSize, parts }: Token,
  size: number,
  sin: Sin | undefined,
): Promise<ReadonlyMap<number, PartInfo>> {
  const there = new Map<number, PartInfo>(parts.map((part) => [part.partNumber, part]));
  if (sin === "trustsTheToken") return there;
  const ours = target.key === upload.key && target.bucket === upload.bucket && size === partSize;
  if (!ours && sin !== "takesTheTokenOfAnother") throw new Error("the token is that of another upload");
  const listed = new Map<number, ListedPart>();
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: Awaited<ReturnType<ObjectStore["listParts"]>> = await store.listParts(upload, { after });
    for (const part of page.parts) listed.set(part.partNumber, part);
    after = page.next;
  }
  for (const { partNumber, etag } of parts) {
    const same = sin === "comparesNumbers" ? listed.has(partNumber) : listed.get(partNumber)?.etag === etag;
    if (!same) throw new Error(`part ${partNumber} is not what it was`);
  }
  if (sin === "sendsTheLastAgain") listed.delete(Math.max(...listed.keys()));
  return sin === "sendsEverythingAgain" ? new Map() : listed;
}
