import { basename } from "node:path";
import { UsageError } from "./failure.js";

/** What a side of a copy names. */
export type Location = StreamLocation | FileLocation | ObjectLocation;
export interface StreamLocation {
  readonly kind: "stream";
}
export interface FileLocation {
  readonly kind: "file";
  readonly path: string;
}
export interface ObjectLocation {
  readonly kind: "object";
  readonly bucket: string;
  readonly key: string;
}

export function parseLocation(text: string): Location {
  if (text === "-") return { kind: "stream" };
  if (text === "") throw new UsageError('a side of a copy must be "-", a path or s3://bucket/key, got ""');
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]+):\/\/(.*)$/is.exec(text) ?? [];
  if (scheme === undefined) return { kind: "file", path: text };
  if (scheme.toLowerCase() !== "s3") {
    throw new UsageError(
      `cannot copy from or to ${scheme}://, only "-", a path or s3://bucket/key: got "${text}"`,
    );
  }
  const slash = rest.indexOf("/");
  const bucket = slash < 0 ? rest : rest.slice(0, slash);
  if (bucket === "") throw new UsageError(`s3://bucket/key needs a bucket, got "${text}"`);
  return { kind: "object", bucket, key: slash < 0 ? "" : rest.slice(slash + 1) };
}

/** The object to read: a whole key. */
export function sourceKey({ bucket, key }: ObjectLocation): string {
  if (key === "" || key.endsWith("/")) {
    throw new UsageError(
      `s3://${bucket}/${key} names a folder; copy one object, s3://bucket/key, or all of them with --recursive`,
    );
  }
  return key;
}

/** The key to write: one that ends in "/" is a folder and takes the name of what goes there. */
export function targetKey({ bucket, key }: ObjectLocation, from: Location): string {
  if (key !== "" && !key.endsWith("/")) return key;
  if (from.kind === "stream") {
    throw new UsageError(
      `s3://${bucket}/${key} names a folder, and standard input has no name: write the whole key`,
    );
  }
  return key + nameOf(from);
}

export const nameOf = (from: FileLocation | ObjectLocation): string =>
  basename(from.kind === "file" ? from.path : from.key);

export function shown(location: Location): string {
  if (location.kind === "stream") return "-";
  return location.kind === "file" ? location.path : `s3://${location.bucket}/${location.key}`;
}
