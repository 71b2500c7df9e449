import { releaseOnEnd, type TimeBudgets } from "@sluice/release";
import type { Context, HonoRequest, MiddlewareHandler } from "hono";
import {
  Admission,
  type AdmissionOptions,
  isRefusal,
  type Permit,
  type Refusal,
  tooLarge,
} from "./admission.js";
import { contentLength } from "./content-length.js";
import { Intake } from "./intake.js";

export type { AdmissionOptions } from "./admission.js";

//  arrived ──admitted──▶ handled ──the runtime has taken the response, body over──▶ permit back
//     ├────refused────▶ answered here
//     └────client left▶ an answer that nobody reads

/**
 * Hono middleware that lets requests in while their bytes fit a budget; on every runtime. A request that has waited for
 * too long, or finds the line full, is answered with 503 and `Retry-After`; one whose body is too large with 413. A
 * permit goes back when the runtime has taken the last byte of the response, or dropped it, and the request body is over
 * or nobody reads it. What `weigh` throws, and errors of the budget that are no matter of the client, go to `onError`.
 *
 * Throws `ERR_INVALID_VALUE` for options that make no sense.
 *
 * @example
 * ```ts
 * app.use(admission({ budget, weigh: (request) => (request.method === "GET" ? 65_536 : 1_048_576) }));
 * ```
 */
export function admission(options: AdmissionOptions<HonoRequest>): MiddlewareHandler {
  const rules = new Admission(options);
  return async (context, next) => {
    const { raw } = context.req;
    let verdict: Permit | Refusal;
    try {
      const declared = contentLength(raw.headers.get("content-length"));
      verdict = await rules.enter(context.req, declared, raw.signal);
    } catch (error) {
      if (raw.signal.aborted && error === raw.signal.reason)
        return new Response(null, { status: CLIENT_LEFT });
      throw error;
    }
    if (isRefusal(verdict)) return answer(context, verdict);
    const permit = verdict;
    const intake = new Intake(raw, rules.maxBody);
    context.req.raw = intake.request;
    try {
      await next();
    } catch (error) {
      permit.release();
      throw error;
    }
    if (intake.tooLarge && context.error) replace(context, answer(context, tooLarge(intake.tooLarge.limit)));
    hold(context, () => intake.whenOver(() => permit.release()), rules.timeBudgets);
    return undefined;
  };
}

// As nginx has it: there is no number for it in the standard.
const CLIENT_LEFT = 499;

// Through the context, which has the headers that were set before.
const answer = (context: Context, { status, headers, text }: Refusal): Response =>
  context.body(text, status, headers);

/** Hono adds the headers of the response before to one that is set, unless there is none. */
function replace(context: Context, response: Response): void {
  context.res = undefined;
  context.res = response;
}

function hold(context: Context, release: () => void, timeBudgets: TimeBudgets): void {
  const { res } = context;
  if (res.body !== null && context.req.method !== "HEAD") {
    replace(context, new Response(releaseOnEnd(res.body, release, timeBudgets), res));
    return;
  }
  // Hono answers HEAD by what it does for GET, and then leaves that body to itself.
  res.body?.cancel().catch(() => {});
  release();
}
