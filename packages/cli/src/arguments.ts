import { parseBytes } from "@sluice/semaphore";
import { InvalidArgumentError, Option } from "commander";

// What commands have in common, and how their arguments are read. Each says what would be right.

export const budgetOption = () =>
  new Option("--budget <size>", "bytes that may be held in memory")
    .argParser(bytes)
    .default(parseBytes("64MiB"), "64MiB");

export const endpointOption = (says = "the S3 server (default: AWS_ENDPOINT_URL, then Amazon's)") =>
  new Option("--endpoint <url>", says).argParser(httpUrl);

export function bytes(text: string): number {
  try {
    return parseBytes(text);
  } catch (cause) {
    throw new InvalidArgumentError(cause instanceof Error ? cause.message : String(cause));
  }
}

export function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("must be a whole number from 1 to 9999");
  return Number(text);
}

/** Seconds, as milliseconds. */
export function seconds(text: string): number {
  const value = /^\d{1,7}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 2_000_000)) throw new InvalidArgumentError("must be seconds, from 0 to 2000000");
  return Math.round(value * 1_000);
}

/** A percentage from 1 to 100, as a part of 1. */
export function percent(text: string): number {
  const [, digits = "0"] = /^(\d{1,3})%?$/.exec(text) ?? [];
  const value = Number(digits);
  if (value < 1 || value > 100) throw new InvalidArgumentError("must be from 1% to 100%");
  return value / 100;
}

export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError("must be a whole number from 0 to 65535");
  }
  return Number(text);
}

export function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!/^https?:$/.test(url?.protocol ?? "")) {
    throw new InvalidArgumentError("must be a URL such as http://127.0.0.1:9000");
  }
  return text;
}
