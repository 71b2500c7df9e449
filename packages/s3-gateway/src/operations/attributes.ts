import type { ObjectInfo, ObjectSource, ObjectStore } from "@sluice/object-store";
import { type Answer, xmlAnswer } from "../answer.js";
import { type Exchange, integerIn } from "../exchange.js";
import { objectAt } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { element, type Markup } from "../protocol/xml.js";
import { checksumElements } from "./multipart.js";

const KNOWN = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

/** Each part costs a request to the store, so that fewer of them make a page than in S3, where there may be 1,000. */
const MOST_PARTS = 100;
const AT_ONCE = 8;

export async function getObjectAttributes(exchange: Exchange): Promise<Answer> {
  const wanted = (exchange.header("x-amz-object-attributes") ?? "").split(",").map((name) => name.trim());
  if (!wanted.every((name) => KNOWN.includes(name))) {
    throw new S3Error("InvalidArgument", `x-amz-object-attributes must be some of ${KNOWN.join(", ")}.`);
  }
  const place = await exchange.place();
  const { key, query } = exchange.asked;
  const source = { ...objectAt(place, key), versionId: query.get("versionId") };
  const { signal } = exchange;
  const info = await place.store.head(source, { signal });
  const { checksum, storageClass = "STANDARD", versionId, lastModified } = info;
  const fields: readonly (readonly [string, () => Markup | Promise<Markup>])[] = [
    ["ETag", () => element("ETag", info.etag.replace(/^"|"$/g, ""))],
    ["Checksum", () => element("Checksum", checksum && checksumElements(checksum))],
    [
      "ObjectParts",
      () => partsOf(exchange, place.store, { ...source, versionId: versionId ?? source.versionId }, info),
    ],
    ["StorageClass", () => element("StorageClass", storageClass)],
    ["ObjectSize", () => element("ObjectSize", info.size)],
  ];
  const told: Markup[] = [];
  for (const [name, field] of fields) if (wanted.includes(name)) told.push(await field());
  return xmlAnswer("GetObjectAttributesResponse", told, {
    "last-modified": lastModified.toUTCString(),
    "x-amz-version-id": versionId,
  });
}

/** S3 tells how many parts there are, and lists them only where they have checksums. */
async function partsOf(
  exchange: Exchange,
  store: ObjectStore,
  source: ObjectSource,
  { etag, checksum }: ObjectInfo,
): Promise<Markup> {
  // An object of parts is known by its ETag. Its parts need not begin with number 1, but for those with checksums.
  const partsCount = Number(/-(\d+)"$/.exec(etag)?.[1] ?? 0);
  if (partsCount === 0) return element("ObjectParts", undefined);
  const total = element("TotalPartsCount", partsCount);
  if (checksum === undefined) return element("ObjectParts", [total]);
  const after =
    integerIn(exchange.header("x-amz-part-number-marker"), "x-amz-part-number-marker", 0, 10_000) ?? 0;
  const asked =
    integerIn(exchange.header("x-amz-max-parts"), "x-amz-max-parts", 0, 2 ** 31 - 1) ?? MOST_PARTS;
  const limit = Math.min(asked, MOST_PARTS);
  const numbers = Array.from(
    { length: Math.min(limit, Math.max(0, partsCount - after)) },
    (_, i) => after + i + 1,
  );
  const options = { signal: exchange.signal, ifMatch: etag };
  const listed: Markup[] = [];
  for (let at = 0; at < numbers.length; at += AT_ONCE) {
    const group = numbers.slice(at, at + AT_ONCE);
    const infos = await Promise.all(
      group.map((partNumber) => store.head(source, { ...options, partNumber })),
    );
    infos.forEach(({ part }, i) => {
      if (part === undefined) return;
      const { range, checksum: own } = part;
      listed.push(
        element("Part", [
          element("PartNumber", group[i]!),
          element("Size", range.end - range.start + 1),
          ...checksumElements(own && { ...own, type: undefined }),
        ]),
      );
    });
  }
  const last = numbers.at(-1) ?? after;
  return element("ObjectParts", [
    total,
    element("PartNumberMarker", after),
    element("NextPartNumberMarker", last),
    element("MaxParts", limit),
    element("IsTruncated", limit > 0 && last < partsCount),
    ...listed,
  ]);
}
