import type { Request, RequestHandler } from "express";
import { Admission, type AdmissionOptions } from "../admission.js";
import { admitExchange } from "./exchange.js";

export type { AdmissionOptions } from "../admission.js";

/**
 * Express middleware that lets requests in while their bytes fit a budget. Put it in front of what reads bodies. A
 * request that has waited for too long, or finds the line full, is answered with 503 and `Retry-After`; one whose body
 * is too large with 413. A permit goes back when the last byte of the response has left the process, or the client is
 * gone, and the request body is over or dropped. What `weigh` throws, and errors of the budget that are no matter of
 * the client, go to `next`.
 *
 * Throws `ERR_INVALID_VALUE` for options that make no sense.
 *
 * @example
 * ```ts
 * app.use(admission({ budget, weigh: (request) => (request.method === "GET" ? 65_536 : 1_048_576) }));
 * ```
 */
export function admission(options: AdmissionOptions<Request>): RequestHandler {
  const rules = new Admission(options);
  return (request, response, next) => {
    admitExchange(rules, request, request, response, () => ({})).then(
      (admitted) => {
        if (admitted) next();
      },
      (error) => next(asError(error)),
    );
  };
}

// To Express `undefined` is no error, and some words are orders: each would let the request through.
const asError = (error: unknown): unknown =>
  Object(error) === error ? error : new Error("the request could not be admitted", { cause: error });
