import type { ReadConditions, SourceConditions, WriteConditions } from "@sluice/object-store";
import type { Exchange } from "../exchange.js";
import { S3Error } from "../protocol/s3-error.js";

/** The conditions of a read. */
export const readConditions = (exchange: Exchange): ReadConditions => ({
  ifMatch: quoted(exchange.header("if-match")),
  ifNoneMatch: quoted(exchange.header("if-none-match")),
  ifModifiedSince: dateIn(exchange.header("if-modified-since")),
  ifUnmodifiedSince: dateIn(exchange.header("if-unmodified-since")),
});

/** Those on the source of a copy. */
export function sourceConditions(exchange: Exchange): SourceConditions {
  const said = (name: string) => exchange.header(`x-amz-copy-source-if-${name}`);
  return {
    sourceIfMatch: quoted(said("match")),
    sourceIfNoneMatch: quoted(said("none-match")),
    sourceIfModifiedSince: dateIn(said("modified-since")),
    sourceIfUnmodifiedSince: dateIn(said("unmodified-since")),
  };
}

/** The conditions of a write. */
export function writeConditions(exchange: Exchange): WriteConditions {
  // HTTP would have it that they count, S3 has no such writes, and ignoring one would overwrite what it protects.
  refuse(exchange, "if-modified-since", "if-unmodified-since");
  const ifNoneMatch = exchange.header("if-none-match");
  if (ifNoneMatch !== undefined && ifNoneMatch !== "*") {
    throw new S3Error("NotImplemented", "If-None-Match of a write must be *.");
  }
  return { ifMatch: quoted(exchange.header("if-match")), ifNoneMatch };
}

/** The one condition of a delete. */
export function deleteCondition(exchange: Exchange): string | undefined {
  refuse(exchange, "if-none-match", "if-modified-since", "if-unmodified-since");
  return quoted(exchange.header("if-match"));
}

function refuse(exchange: Exchange, ...names: readonly string[]): void {
  const name = names.find((header) => exchange.headers.has(header));
  if (name === undefined) return;
  throw new S3Error(
    "NotImplemented",
    `A header you provided implies functionality that is not implemented: ${name}.`,
  );
}

// One that is no date counts as none, as HTTP has it.
function dateIn(header: string | undefined): Date | undefined {
  const date = new Date(header ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** ETags with their quotes, which some clients leave out. */
export function quoted(etag: string): string;
export function quoted(etag: string | undefined): string | undefined;
export function quoted(etag: string | undefined): string | undefined {
  if (etag === undefined || etag === "*" || /["]/.test(etag)) return etag;
  return etag
    .split(",")
    .map((one) => `"${one.trim()}"`)
    .join(", ");
}
