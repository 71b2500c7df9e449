import { S3Error } from "./s3-error.js";

export const malformed = (why: string, cause?: unknown): S3Error =>
  new S3Error("MalformedXML", `The XML you provided was refused: ${why}.`, { cause });
