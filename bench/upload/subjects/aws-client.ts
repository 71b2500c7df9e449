import { S3Client } from "@aws-sdk/client-s3";
import { CREDENTIALS, REGION } from "../subject.js";

export const awsClient = (endpoint: string): S3Client =>
  new S3Client({ endpoint, region: REGION, credentials: CREDENTIALS, forcePathStyle: true });
