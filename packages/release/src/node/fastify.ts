import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { Admission, type AdmissionOptions } from "../admission.js";
import { admitExchange } from "./exchange.js";

export type { AdmissionOptions } from "../admission.js";

const plugin: FastifyPluginAsync<AdmissionOptions<FastifyRequest>> = async (instance, options) => {
  const rules = new Admission(options);
  instance.addHook("onRequest", async (request, reply) => {
    const takeOver = () => {
      reply.hijack();
      return reply.getHeaders() as OutgoingHttpHeaders;
    };
    if (await admitExchange(rules, request, request.raw, reply.raw, takeOver)) return;
    // Answered, or there is nobody to answer: without this, the handler would run.
    reply.hijack();
  });
};

/**
 * Fastify plugin that lets requests in while their bytes fit a budget, for the routes of the scope that it is registered
 * in. A request that has waited for too long, or finds the line full, is answered with 503 and `Retry-After`; one whose
 * body is too large with 413. A permit goes back when the last byte of the response has left the process, or the client
 * is gone, and the request body is over or dropped. What `weigh` throws, and errors of the budget that are no matter of
 * the client, go to the error handler.
 *
 * Registering it fails with `ERR_INVALID_VALUE` for options that make no sense.
 *
 * @example
 * ```ts
 * await app.register(admission, { budget, weigh: (request) => (request.method === "GET" ? 65_536 : 1_048_576) });
 * ```
 */
export const admission: FastifyPluginAsync<AdmissionOptions<FastifyRequest>> = Object.assign(plugin, {
  // What fastify-plugin would add: the hook is for the scope that registers it, not for a new one inside.
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "@sluice/release",
  [Symbol.for("plugin-meta")]: { name: "@sluice/release", fastify: "5.x" },
});
