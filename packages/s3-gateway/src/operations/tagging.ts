import { type Answer, xmlAnswer } from "../answer.js";
import type { Exchange } from "../exchange.js";
import { objectAt } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { queryPairs } from "../protocol/target.js";
import { element, elementsOf, fieldsOf, malformed, parseDocument } from "../protocol/xml.js";

type Tags = Readonly<Record<string, string>>;

export async function getObjectTagging(exchange: Exchange): Promise<Answer> {
  const { tags, source } = await tagged(exchange);
  const found = Object.entries(await tags.get(source, { signal: exchange.signal }));
  const listed = found.map(([name, value]) =>
    element("Tag", [element("Key", name), element("Value", value)]),
  );
  return xmlAnswer("Tagging", [element("TagSet", listed)]);
}

export async function putObjectTagging(exchange: Exchange): Promise<Answer> {
  const wanted = tagsInXml(exchange.control);
  const { tags, source } = await tagged(exchange);
  await tags.put(source, wanted, { signal: exchange.signal });
  return { status: 200, headers: { "content-length": "0" } };
}

export async function deleteObjectTagging(exchange: Exchange): Promise<Answer> {
  const { tags, source } = await tagged(exchange);
  await tags.delete(source, { signal: exchange.signal });
  return { status: 204, headers: {} };
}

async function tagged(exchange: Exchange) {
  const place = await exchange.place();
  const { query, key } = exchange.asked;
  const { tags } = place.store;
  if (tags === undefined) throw new S3Error("NotImplemented", "The store behind the gateway has no tags.");
  return {
    tags,
    source: { ...objectAt(place, key), versionId: query.get("versionId") },
  };
}

/** The tags that a header has for a new object. */
export function tagsInHeader(header: string | undefined): Tags | undefined {
  if (header === undefined) return undefined;
  let pairs: ReturnType<typeof queryPairs>;
  try {
    pairs = queryPairs(header);
  } catch (cause) {
    throw unreadable(cause);
  }
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) throw unreadable();
  return checked(pairs);
}

function tagsInXml(control: Uint8Array): Tags {
  const [set, ...more] = elementsOf(parseDocument(control, "Tagging"));
  if (set?.name !== "TagSet" || more.length > 0) throw malformed("Tagging must have one TagSet");
  const pairs = elementsOf(set).map((tag) => {
    const { Key, Value } = tag.name === "Tag" ? fieldsOf(tag, ["Key", "Value"]) : {};
    if (Key === undefined || Value === undefined) throw malformed("a Tag needs a Key and a Value");
    return [Key, Value] as const;
  });
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) {
    throw new S3Error("InvalidTag", "Cannot provide multiple Tags with the same key.");
  }
  return checked(pairs);
}

// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
function checked(pairs: readonly (readonly [string, string])[]): Tags {
  if (pairs.length > 10) throw new S3Error("BadRequest", "Object tags cannot be greater than 10.");
  for (const [name, value] of pairs) {
    if (name === "" || name.length > 128 || !ALLOWED.test(name)) {
      throw new S3Error("InvalidTag", "The TagKey you have provided is invalid.");
    }
    if (value.length > 256 || !ALLOWED.test(value)) {
      throw new S3Error("InvalidTag", "The TagValue you have provided is invalid.");
    }
    if (name.startsWith("aws:")) {
      throw new S3Error("InvalidTag", "System tags cannot be added or updated by requester.");
    }
  }
  return Object.fromEntries(pairs);
}

const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const unreadable = (cause?: unknown) =>
  new S3Error(
    "InvalidArgument",
    "The header x-amz-tagging must be a URL-encoded query in UTF-8 without tag name duplicates.",
    { cause },
  );
