import { S3Client } from "@aws-sdk/client-s3";
import type { ObjectStore } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";

export interface S3Options {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly pathStyle?: boolean | undefined;
}

export interface Connection {
  readonly store: ObjectStore;
  close(): void;
}

/**
 * A store over the SDK's client, with credentials, region and endpoint as every AWS tool finds them.
 *
 * - **Order:** none.
 * - **Abort:** nothing to stop: no request is sent.
 * - **Errors:** the SDK's own, if no region is set and the endpoint is Amazon's.
 */
export async function connect({ endpoint, region, pathStyle }: S3Options): Promise<Connection> {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const own = endpoint ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  const make = (where: string | undefined) =>
    new S3Client({
      ...(endpoint !== undefined && { endpoint }),
      ...(where !== undefined && { region: where }),
      // A server of one's own has no wildcard DNS name for its buckets, as a rule.
      forcePathStyle: pathStyle ?? own !== undefined,
    });
  let client = make(region || AWS_REGION || AWS_DEFAULT_REGION || undefined);
  try {
    await client.config.region();
  } catch (missing) {
    client.destroy();
    if (own === undefined) throw missing;
    // Servers other than Amazon's rarely care, and signing needs one.
    client = make("us-east-1");
  }
  const connected = client;
  return { store: awsStore(connected), close: () => connected.destroy() };
}
