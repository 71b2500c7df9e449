import { randomBytes } from "node:crypto";
import { UsageError } from "../failure.js";

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface KeyOptions {
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
  /** `true` lets everybody in, unsigned. */
  readonly anonymous?: boolean | undefined;
}

/** The keys that were given, or new ones; none for everybody. Throws `ERR_USAGE` for half of a pair. */
export function keysOf({ accessKey, secretKey, anonymous }: KeyOptions): {
  keys: Keys | undefined;
  generated: boolean;
} {
  if (anonymous) return { keys: undefined, generated: false };
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    throw new UsageError("--access-key and --secret-key go together: pass both, or neither for new ones");
  }
  if (accessKey !== undefined && secretKey !== undefined) {
    if (accessKey === "" || secretKey === "")
      throw new UsageError("--access-key and --secret-key must not be empty");
    return { keys: { accessKeyId: accessKey, secretAccessKey: secretKey }, generated: false };
  }
  return { keys: newKeys(), generated: true };
}

/** Keys that were never used before. */
export const newKeys = (): Keys => ({
  accessKeyId: `SLUICE${randomBytes(7).toString("hex").toUpperCase()}`,
  secretAccessKey: randomBytes(30).toString("base64url"),
});
