import type { S3Client, S3ClientResolvedConfig } from "@aws-sdk/client-s3";

interface Endpoint {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | string | undefined;
}

/** The URL of an object that was put: S3 tells it of multipart uploads only. */
export async function locationOf({ config }: S3Client, bucket: string, key: string): Promise<string> {
  const { protocol, hostname, port } = (await config.endpoint?.()) ?? (await resolved(config, bucket, key));
  const host = `${hostname}${port ? `:${port}` : ""}`;
  const inHost = encoded(bucket);
  const path = encodedPath(key);
  if (config.forcePathStyle) return `${protocol}//${host}/${inHost}/${path}`;
  if (hostname.startsWith(`${inHost}.`)) return `${protocol}//${host}/${path}`;
  return `${protocol}//${inHost}.${host}/${path}`;
}

/** A key as it stands in a URL. */
export const encodedPath = (key: string): string => key.split("/").map(encoded).join("/");

const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

type Provider = S3ClientResolvedConfig["endpointProvider"];

async function resolved(config: S3ClientResolvedConfig, bucket: string, key: string): Promise<Endpoint> {
  const params: Parameters<Provider>[0] & { Key: string } = {
    Bucket: bucket,
    Key: key,
    Region: await config.region(),
    UseFIPS: await config.useFipsEndpoint(),
    UseDualStack: await config.useDualstackEndpoint(),
    UseGlobalEndpoint: await given(config.useGlobalEndpoint),
    UseArnRegion: await given(config.useArnRegion),
    ForcePathStyle: config.forcePathStyle || !isHostName(bucket),
    Accelerate: await given(config.useAccelerateEndpoint),
    DisableMultiRegionAccessPoints: await given(config.disableMultiregionAccessPoints),
    DisableS3ExpressSessionAuth: await given(config.disableS3ExpressSessionAuth),
  };
  return config.endpointProvider(params).url;
}

async function given<T>(value: T | (() => T | Promise<T>)): Promise<T> {
  return typeof value === "function" ? (value as () => T | Promise<T>)() : value;
}

// As the SDK has it: a name with dots has no certificate as a host, and an ARN is not written into one.
const isHostName = (bucket: string) =>
  bucket.startsWith("arn:") || /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket);
