import type { ObjectTarget, ReadConditions, WriteConditions } from "../object.js";
import { refusal } from "../refusal.js";

interface Current {
  readonly etag: string;
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
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifMatch !== undefined) checkMatch(current, ifMatch, at);
  if (ifNoneMatch !== undefined && matches(current.etag, ifNoneMatch)) {
    throw refusal("NotModified", `${at.bucket}/${at.key} still has the ETag ${current.etag}`);
  }
}

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
