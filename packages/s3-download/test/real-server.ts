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
