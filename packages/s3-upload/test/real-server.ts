import { createHash, type Hash } from "node:crypto";
import { env } from "node:process";
import { S3Client } from "@aws-sdk/client-s3";
import type { ObjectStore } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";

const needed = (name: string): string => {
  const value = env[name];
  if (!value) throw new Error(`${name} must be set: these tests need a real S3 server`);
  return value;
};

/** A store over the server that the environment names. */
export const connect = (): ObjectStore =>
  awsStore(
    new S3Client({
      endpoint: needed("SLUICE_S3_ENDPOINT"),
      region: needed("AWS_REGION"),
      credentials: {
        accessKeyId: needed("AWS_ACCESS_KEY_ID"),
        secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
      },
      forcePathStyle: true,
    }),
  );

/** Numbered lines, made as they are read, in chunks of a size that fits no part. */
export function* lines(size: number, hash: Hash = createHash("sha256")): Generator<Uint8Array> {
  const chunk = 99_991;
  for (let at = 0; at < size; at += chunk) {
    const bytes = Buffer.alloc(Math.min(chunk, size - at), `line at ${at}\n`);
    hash.update(bytes);
    yield bytes;
  }
}
