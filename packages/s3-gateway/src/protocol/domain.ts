import { InvalidValueError } from "@sluice/semaphore";
import { S3Error } from "./s3-error.js";

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);

/** The names of this server, in lower case, the longest first: of two that end alike, it is the one that counts. */
export function domainsOf(option: string | readonly string[] = []): readonly string[] {
  const domains = (typeof option === "string" ? [option] : option).map((name) => name.toLowerCase());
  for (const domain of domains) {
    if (!NAME.test(domain) || domain.length > 253) {
      throw new InvalidValueError("domain", domain, "the name of a host, without a port");
    }
  }
  return domains.sort((a, b) => b.length - a.length);
}

/** The bucket that a host names; undefined if it names none, so that the path does. */
export function bucketOfHost(hostname: string, domains: readonly string[]): string | undefined {
  if (domains.length === 0) return undefined;
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (domains.includes(host)) return undefined;
  const domain = domains.find((name) => host.endsWith(`.${name}`));
  if (domain === undefined) return undefined;
  const bucket = host.slice(0, -domain.length - 1);
  if (bucket !== "") return bucket;
  throw new S3Error("InvalidBucketName", "The specified bucket is not valid.");
}
