import { type Answer, xmlAnswer } from "../answer.js";
import { checksumOf } from "../body/integrity.js";
import type { Exchange } from "../exchange.js";
import { objectAt } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { childrenOf, element, fieldsOf, type Markup, malformed } from "../protocol/xml.js";

export async function deleteObject(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const source = { ...objectAt(place, exchange.asked.key), versionId: exchange.asked.query.get("versionId") };
  await place.store.delete(source, { signal: exchange.signal });
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
  const { keys, quiet } = await wishes(control, place.store.limits.maxDeleteKeys);
  const { bucket } = exchange.asked;
  const allowed: string[] = [];
  const told: Markup[] = [];
  for (const key of keys) {
    if (await exchange.isAllowed("DeleteObject", bucket, key)) allowed.push(key);
    else told.push(refused(key, "AccessDenied", "Access Denied."));
  }
  if (allowed.length > 0) {
    const whole = allowed.map((key) => objectAt(place, key).key);
    const { deleted, failed } = await place.store.deleteMany(place.bucket, whole, {
      signal: exchange.signal,
    });
    const own = (key: string) => key.slice(place.prefix.length);
    if (!quiet) told.push(...deleted.map((key) => element("Deleted", [element("Key", own(key))])));
    told.push(...failed.map(({ key, code, message }) => refused(own(key), code, message)));
  }
  return xmlAnswer("DeleteResult", told);
}

async function wishes(
  control: Uint8Array,
  most: number,
): Promise<{ keys: readonly string[]; quiet: boolean }> {
  const keys: string[] = [];
  let quiet = false;
  for await (const child of childrenOf(control, "Delete")) {
    if (child.name === "Quiet") quiet = child.text.trim() === "true";
    else if (child.name === "Object") {
      const { Key } = fieldsOf(child, ["Key"]);
      if (!Key) throw malformed("an Object has no Key");
      keys.push(Key);
    } else throw malformed(`Delete cannot have a ${child.name.slice(0, 60)}`);
  }
  if (keys.length === 0 || keys.length > most) throw malformed(`it must name from 1 to ${most} objects`);
  return { keys, quiet };
}

const hasTrailer = (headers: Headers) => headers.get("x-amz-content-sha256")?.endsWith("-TRAILER") === true;

const refused = (key: string, code: string, message: string): Markup =>
  element("Error", [element("Key", key), element("Code", code), element("Message", message)]);
