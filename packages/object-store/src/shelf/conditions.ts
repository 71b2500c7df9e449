import type { ObjectTarget, ReadConditions, SourceConditions, WriteConditions } from "../object.js";
import { refusal } from "../refusal.js";

interface Current {
  readonly etag: string;
  readonly lastModified: Date;
}

/** Refuses a write whose conditions the object that is there now does not meet. */
export function checkWrite(
  current: Current | undefined,
  conditions: WriteConditions,
  at: ObjectTarget,
): void {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifNoneMatch !== undefined && ifNoneMatch !== "*") {
    throw refusal("NotImplemented", `ifNoneMatch of a write can only be "*", got ${ifNoneMatch}`);
  }
  if (ifNoneMatch === "*" && current !== undefined) {
    throw refusal("PreconditionFailed", `${at.bucket}/${at.key} exists already`);
  }
  if (ifMatch === undefined) return;
  if (current === undefined) throw refusal("NoSuchKey", `${at.bucket}/${at.key} does not exist`);
  checkMatch(current, ifMatch, at);
}

/** Refuses a read whose conditions the object does not meet: 412, or 304 when it is what the reader has already. */
export function checkRead(current: Current, conditions: ReadConditions, at: ObjectTarget): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const modified = seconds(current.lastModified);
  if (ifMatch !== undefined) checkMatch(current, ifMatch, at);
  else if (ifUnmodifiedSince !== undefined && modified > seconds(ifUnmodifiedSince)) {
    throw refusal(
      "PreconditionFailed",
      `${at.bucket}/${at.key} was modified after ${ifUnmodifiedSince.toUTCString()}`,
    );
  }
  const known =
    ifNoneMatch === undefined
      ? ifModifiedSince !== undefined && modified <= seconds(ifModifiedSince)
      : matches(current.etag, ifNoneMatch);
  if (!known) return;
  const { etag, lastModified } = current;
  const message = `${at.bucket}/${at.key} still has the ETag ${etag}`;
  throw refusal("NotModified", message, undefined, { etag, lastModified });
}

/** Refuses a copy of what is not what the caller has seen. */
export function checkCopied(current: Current, conditions: SourceConditions, at: ObjectTarget): void {
  try {
    checkRead(
      current,
      {
        ifMatch: conditions.sourceIfMatch,
        ifNoneMatch: conditions.sourceIfNoneMatch,
        ifModifiedSince: conditions.sourceIfModifiedSince,
        ifUnmodifiedSince: conditions.sourceIfUnmodifiedSince,
      },
      at,
    );
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    throw code === "NotModified" ? refusal("PreconditionFailed", message, error) : error;
  }
}

// Dates in headers have no more than that.
const seconds = (date: Date) => Math.floor(date.getTime() / 1_000);

export function checkMatch(current: Current, ifMatch: string, at: ObjectTarget): void {
  if (!matches(current.etag, ifMatch)) {
    throw refusal(
      "PreconditionFailed",
      `${at.bucket}/${at.key} has the ETag ${current.etag}, not ${ifMatch}`,
    );
  }
}

/** Whether the ETag is among those of an If-Match or If-None-Match header. */
function matches(etag: string, header: string): boolean {
  return header.split(",").some((one) => one.trim() === "*" || sameEtag(one, etag));
}

/** Some clients send ETags without their quotes, and S3 takes them. */
export const sameEtag = (a: string, b: string) => bare(a) === bare(b);

const bare = (etag: string) => etag.trim().replace(/^(?:W\/)?"?|"$/g, "");
