import type { Answer } from "../answer.js";
import { S3Error } from "../protocol/s3-error.js";
import { parseTarget } from "../protocol/target.js";
import { type Cors, type CorsRule, checkRules, ruleFor } from "./rule.js";

const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/** Answers a request, and adds to the answer what the CORS rules of its bucket say. */
export async function crossOrigin(
  { cors, domains }: { readonly cors: Cors | undefined; readonly domains: readonly string[] },
  request: Request,
  answer: (own: CrossOrigin) => Promise<Response>,
): Promise<Response> {
  const own = new CrossOrigin(cors, domains, request);
  return own.mark(await answer(own));
}

/** What the CORS rules of its bucket make of one request. They let nobody in: that is the signature's part. */
export class CrossOrigin {
  readonly #request: Request;
  readonly #rules: Promise<readonly CorsRule[] | undefined>;

  constructor(cors: Cors | undefined, domains: readonly string[], request: Request) {
    this.#request = request;
    this.#rules = rulesOf(cors, domains, request.url);
    // Told where a preflight asks; an answer without its headers is closed to pages all the same.
    this.#rules.catch(() => {});
  }

  /** The answer to the question that a browser asks before it sends what a page wants. It needs no signature. */
  async preflight(): Promise<Answer> {
    const { headers } = this.#request;
    if (!headers.has("origin")) {
      throw new S3Error("BadRequest", "Insufficient information. Origin request header needed.");
    }
    const rules = await this.#rules;
    if (rules === undefined) throw this.#refusal("CORS is not enabled for this bucket.", "BUCKET");
    if (this.#ruleOf(rules) === undefined) {
      throw this.#refusal(
        "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
        "OBJECT",
      );
    }
    return { status: 200, headers: { "content-length": "0" } };
  }

  /** Adds to an answer, also to a refusal, what lets a page see it. */
  async mark(response: Response): Promise<Response> {
    const rules = await this.#rules.catch(() => undefined);
    if (rules === undefined) return response;
    const { headers } = response;
    headers.append("vary", VARY);
    const rule = this.#ruleOf(rules);
    if (rule === undefined) return response;
    const anyOrigin = rule.allowedOrigins.includes("*");
    headers.set("access-control-allow-origin", anyOrigin ? "*" : this.#request.headers.get("origin")!);
    if (!anyOrigin) headers.set("access-control-allow-credentials", "true");
    headers.set("access-control-allow-methods", rule.allowedMethods.join(", "));
    const asked = this.#headersAsked();
    if (asked.length > 0) headers.set("access-control-allow-headers", asked.join(", "));
    if (rule.exposeHeaders?.length) {
      headers.set("access-control-expose-headers", rule.exposeHeaders.join(", "));
    }
    if (rule.maxAgeSeconds !== undefined) headers.set("access-control-max-age", String(rule.maxAgeSeconds));
    return response;
  }

  #ruleOf(rules: readonly CorsRule[]): CorsRule | undefined {
    const { headers } = this.#request;
    const origin = headers.get("origin");
    const method = this.#methodAsked();
    if (origin === null || method === null) return undefined;
    return ruleFor(rules, { origin, method, headers: this.#headersAsked() });
  }

  // Only a preflight speaks of another request than itself.
  #methodAsked(): string | null {
    const { method, headers } = this.#request;
    return method === "OPTIONS" ? headers.get("access-control-request-method") : method;
  }

  #headersAsked(): readonly string[] {
    const { method, headers } = this.#request;
    const names = method === "OPTIONS" ? headers.get("access-control-request-headers") : null;
    const all = names?.split(",").map((name) => name.trim().toLowerCase()) ?? [];
    return all.filter((name) => name !== "");
  }

  #refusal(message: string, resourceType: string): S3Error {
    const details = { Method: this.#methodAsked() ?? "OPTIONS", ResourceType: resourceType };
    return new S3Error("AccessForbidden", `CORSResponse: ${message}`, { details });
  }
}

async function rulesOf(cors: Cors | undefined, domains: readonly string[], url: string) {
  if (typeof cors !== "function") return cors;
  const { bucket } = parseTarget(new URL(url), domains);
  if (bucket === "") return undefined;
  const rules = await cors(bucket);
  return rules && checkRules(rules);
}
