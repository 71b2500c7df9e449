import type { ObjectSource } from "@sluice/object-store";
import { type Answer, xmlAnswer } from "../answer.js";
import { checksumOf } from "../body/integrity.js";
import type { Exchange } from "../exchange.js";
import { objectAt, type Place } from "../place.js";
import { toS3Error } from "../protocol/from-failure.js";
import { S3Error } from "../protocol/s3-error.js";
import { element, elementsOf, fieldsOf, malformed, parseDocument } from "../protocol/xml.js";
import { deleteCondition, quoted } from "./conditions.js";

export async function deleteObject(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const source = { ...objectAt(place, exchange.asked.key), versionId: exchange.asked.query.get("versionId") };
  await place.store.delete(source, { ifMatch: deleteCondition(exchange), signal: exchange.signal });
  return { status: 204, headers: {} };
}

export async function deleteObjects(exchange: Exchange): Promise<Answer> {
  const { headers, control } = exchange;
  if (!headers.has("content-md5") && checksumOf(headers) === undefined && !hasTrailer(headers)) {
    throw new S3Error(
      "InvalidRequest",
      "Missing required header for this request: Content-MD5 or a checksum.",
    );
  }
  const place = await exchange.place();
  const { wishes, quiet } = read(control, place.store.limits.maxDeleteKeys);
  const outcomes = new Map<Wish, S3Error | undefined>();
  const together: Wish[] = [];
  for (const wish of wishes) {
    const refusal = await refusalOf(exchange, place, wish);
    if (refusal !== undefined) outcomes.set(wish, refusal);
    else if (wish.versionId === undefined && wish.etag === undefined) together.push(wish);
    else outcomes.set(wish, await deleteOne(exchange, place, wish));
  }
  if (together.length > 0) {
    const whole = together.map(({ key }) => objectAt(place, key).key);
    const { failed } = await place.store.deleteMany(place.bucket, whole, { signal: exchange.signal });
    const failures = new Map(failed.map((failure) => [failure.key, toS3Error(failure)]));
    for (const [i, wish] of together.entries()) outcomes.set(wish, failures.get(whole[i]!));
  }
  // In the order in which they were named.
  const told = wishes.map((wish) => {
    const error = outcomes.get(wish);
    const named = [element("Key", wish.key), element("VersionId", wish.versionId)];
    if (error === undefined) return quiet ? undefined : element("Deleted", named);
    return element("Error", [...named, element("Code", error.code), element("Message", error.message)]);
  });
  return xmlAnswer(
    "DeleteResult",
    told.filter((markup) => markup !== undefined),
  );
}

/** One object that is to go, and only if it has this version and this ETag. */
interface Wish {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly etag: string | undefined;
}

async function refusalOf(exchange: Exchange, place: Place, { key }: Wish): Promise<S3Error | undefined> {
  if (!(await exchange.isAllowed("DeleteObject", exchange.asked.bucket, key))) {
    return new S3Error("AccessDenied", "Access Denied.");
  }
  try {
    objectAt(place, key);
    return undefined;
  } catch (error) {
    return toS3Error(error);
  }
}

async function deleteOne(exchange: Exchange, place: Place, wish: Wish): Promise<S3Error | undefined> {
  const { signal } = exchange;
  const source: ObjectSource = { ...objectAt(place, wish.key), versionId: wish.versionId };
  try {
    await place.store.delete(source, { ifMatch: wish.etag, signal });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return toS3Error(error);
  }
}

function read(control: Uint8Array, most: number): { wishes: readonly Wish[]; quiet: boolean } {
  const wishes: Wish[] = [];
  let quiet = false;
  for (const child of elementsOf(parseDocument(control, "Delete"))) {
    if (child.name === "Quiet") quiet = child.text.trim().toLowerCase() === "true";
    else if (child.name === "Object") {
      const { Key, VersionId, ETag } = fieldsOf(child, ["Key", "VersionId", "ETag"]);
      if (Key === "") throw new S3Error("UserKeyMustBeSpecified", "The bucket POST must contain keys.");
      if (Key === undefined) throw malformed("an Object has no Key");
      wishes.push({ key: Key, versionId: VersionId || undefined, etag: quoted(ETag?.trim() || undefined) });
    } else throw malformed(`Delete cannot have a ${child.name.slice(0, 60)}`);
  }
  if (wishes.length === 0 || wishes.length > most) throw malformed(`it must name from 1 to ${most} objects`);
  return { wishes, quiet };
}

const hasTrailer = (headers: Headers) => headers.get("x-amz-content-sha256")?.endsWith("-TRAILER") === true;
