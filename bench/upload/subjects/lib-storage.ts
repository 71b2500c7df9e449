import type { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { BUCKET, type Open, type Subject, type Terms } from "../subject.js";
import { awsClient } from "./aws-client.js";

/** Everything that is not a size is left as it is: over http it signs the SHA-256 of each part, over TLS none. */
export const libStorage: Open = (terms) => uploadBy(awsClient(terms.endpoint), terms);

/** As little as it can be made to do over http: no SHA-256. */
export const unsigned: Open = (terms) => {
  const client = awsClient(terms.endpoint);
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
      return next(args);
    },
    { step: "build", name: "unsigned" },
  );
  return uploadBy(client, terms);
};

const uploadBy = (client: S3Client, { partSize, slots }: Terms): Subject => ({
  upload(key, body, signal) {
    const params = { Bucket: BUCKET, Key: key, Body: body };
    const upload = new Upload({ client, params, partSize, queueSize: slots });
    signal?.addEventListener("abort", () => void upload.abort(), { once: true });
    return upload.done();
  },
});
