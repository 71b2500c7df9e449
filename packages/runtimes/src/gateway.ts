import { type Credentials, fetchStore } from "@sluice/s3-fetch";
import { createGateway, type Gateway } from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";

/** A store that a gateway in a runtime is to stand in front of. */
export interface Upstream {
  readonly endpoint: string;
  /** Where its credentials are to be fetched, each time that some are needed. */
  readonly credentialsAt: string;
}

// One for each store, made by the request that comes first, as a Worker has one in its module.
const gateways = new Map<string, Gateway>();

/**
 * Passes a request on to the gateway in front of the store that its path names.
 *
 * - **Order:** none.
 * - **Abort:** by the request's signal.
 * - **Errors:** only for a path that names no store.
 */
export function throughGateway(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const [, prefix = "", name = ""] = /^(\/gateway\/([\w-]+))/.exec(url.pathname) ?? [];
  let gateway = gateways.get(name);
  if (gateway === undefined) {
    gateway = inFrontOf(JSON.parse(atob(name.replaceAll("-", "+").replaceAll("_", "/"))) as Upstream);
    gateways.set(name, gateway);
  }
  url.pathname = url.pathname.slice(prefix.length);
  const { method, headers, body, signal } = request;
  // `duplex` is missing in the types, and demanded by every runtime that streams a request.
  const init: RequestInit & { duplex: "half" } = { method, headers, body, signal, duplex: "half" };
  return gateway.fetch(new Request(url, init));
}

const inFrontOf = ({ endpoint, credentialsAt }: Upstream): Gateway =>
  createGateway({
    store: fetchStore({
      endpoint,
      region: "us-east-1",
      credentials: async () => (await fetch(credentialsAt)).json() as Promise<Credentials>,
    }),
    budget: new MemoryBudget("16MiB"),
    authenticate: "anonymous",
  });
