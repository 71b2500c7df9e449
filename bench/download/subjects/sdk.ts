import type { Readable } from "node:stream";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { awsClient } from "../../upload/subjects/aws-client.js";
import { BUCKET, type Open } from "../subject.js";
import { flowing, stalled } from "./node-body.js";

/** One GetObject of the AWS SDK, everything as it is unless told. */
export const sdk: Open = ({ endpoint }) => {
  const client = awsClient(endpoint);
  const open = async (key: string): Promise<Readable> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return Body as Readable;
  };
  return {
    read: async (key, take) => flowing(await open(key), take),
    stall: async (key) => stalled(await open(key)),
  };
};
