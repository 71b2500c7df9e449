import { encodeStrictly } from "../auth/canonical.js";
import { S3Error } from "../protocol/s3-error.js";

/** A store's own continuation as letters that XML and a query carry unchanged. */
export function toToken(next: string): string {
  const bytes = new TextEncoder().encode(next);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

export function fromToken(token: string, name: string): string {
  try {
    const binary = atob(token.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.from(binary, (char) => char.charCodeAt(0)),
    );
  } catch (cause) {
    throw new S3Error("InvalidArgument", `The ${name} provided is incorrect.`, { cause });
  }
}

/** How keys are spelled in a listing: as they are, or percent-encoded for clients whose XML cannot carry them. */
export function spelling(encoding: string | undefined): { text: (key: string) => string; encoding?: "url" } {
  if (encoding === undefined || encoding === "") return { text: (key) => key };
  if (encoding !== "url")
    throw new S3Error("InvalidArgument", "Invalid Encoding Method specified in Request");
  return { text: (key) => encodeStrictly(key).replaceAll("%2F", "/"), encoding };
}
