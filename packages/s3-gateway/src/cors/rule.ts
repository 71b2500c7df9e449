import { InvalidValueError } from "@sluice/semaphore";

/** What pages of other origins may do, as a rule of S3's CORS configuration. */
export interface CorsRule {
  /** Such as `https://app.example.com`. One `*` in each stands for any text. */
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly ("GET" | "HEAD" | "PUT" | "POST" | "DELETE")[];
  /** Headers that a page may send, in any case. One `*` in each stands for any text. None if left out. */
  readonly allowedHeaders?: readonly string[] | undefined;
  /** Headers of answers that a page may see, beyond those that browsers show of any. */
  readonly exposeHeaders?: readonly string[] | undefined;
  /** Seconds for which a browser may remember what it was allowed. */
  readonly maxAgeSeconds?: number | undefined;
}

/** The rules of all buckets, or a function that says which ones a bucket has. */
export type Cors =
  | readonly CorsRule[]
  | ((bucket: string) => readonly CorsRule[] | undefined | Promise<readonly CorsRule[] | undefined>);

// As many as S3 takes.
const MOST_RULES = 100;
const METHODS = new Set(["GET", "HEAD", "PUT", "POST", "DELETE"]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Throws for rules that S3 would not take either. */
export function checkRules(rules: readonly CorsRule[]): readonly CorsRule[] {
  if (rules.length > MOST_RULES) throw new InvalidValueError("cors", rules.length, `${MOST_RULES} rules`);
  for (const rule of rules) {
    const { allowedOrigins, allowedMethods, allowedHeaders = [], exposeHeaders = [], maxAgeSeconds } = rule;
    demand("allowedOrigins", allowedOrigins, (text) => hasOneStar(text), "text with at most one *");
    demand("allowedMethods", allowedMethods, (name) => METHODS.has(name), [...METHODS].join(", "));
    if (allowedOrigins.length === 0) throw new InvalidValueError("cors: allowedOrigins", "[]", "one or more");
    if (allowedMethods.length === 0) throw new InvalidValueError("cors: allowedMethods", "[]", "one or more");
    demand("allowedHeaders", allowedHeaders, (name) => hasOneStar(name) && TOKEN.test(name), "names");
    demand("exposeHeaders", exposeHeaders, (name) => TOKEN.test(name), "names of headers");
    if (maxAgeSeconds !== undefined && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 0)) {
      throw new InvalidValueError("cors: maxAgeSeconds", maxAgeSeconds, "whole seconds from 0");
    }
  }
  return rules;
}

/** What a page asks for: with one request, or before it. */
export interface CrossRequest {
  readonly origin: string;
  readonly method: string;
  /** In lower case. */
  readonly headers: readonly string[];
}

/** The first rule that allows all of it. */
export const ruleFor = (rules: readonly CorsRule[], asked: CrossRequest): CorsRule | undefined =>
  rules.find(
    ({ allowedOrigins, allowedMethods, allowedHeaders = [] }) =>
      allowedOrigins.some((pattern) => fits(pattern, asked.origin)) &&
      (allowedMethods as readonly string[]).includes(asked.method) &&
      asked.headers.every(
        (name) => TOKEN.test(name) && allowedHeaders.some((pattern) => fits(pattern.toLowerCase(), name)),
      ),
  );

function demand(
  what: string,
  values: readonly string[],
  isGood: (value: string) => boolean,
  right: string,
): void {
  const wrong = values.find((value) => !isGood(value));
  if (wrong !== undefined) throw new InvalidValueError(`cors: ${what}`, wrong, right);
}

const hasOneStar = (text: string): boolean => text !== "" && text.split("*").length <= 2;

function fits(pattern: string, text: string): boolean {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return pattern === text;
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}
