import type { IncomingMessage } from "node:http";

/**
 * The URL of a request, or undefined if reading it as a URL would make another path of it.
 *
 * `/a/../b` becomes `/b`, and `\` becomes `/`. Guessing what the client meant would let it sign one object and
 * get another, so that such a target is refused. Mere spelling, such as a quote that is percent-encoded, is none.
 */
export function requestUrl({ url: target = "", headersDistinct }: IncomingMessage): URL | undefined {
  const [host = "", ...others] = headersDistinct.host ?? [];
  if (others.length > 0) return undefined;
  if (!target.startsWith("/") || target.includes("#") || !/^[A-Za-z0-9.:[\]_-]{1,255}$/.test(host))
    return undefined;
  try {
    const url = new URL(`http://${host}${target}`);
    const query = target.indexOf("?");
    const path = query < 0 ? target : target.slice(0, query);
    return decodeURIComponent(url.pathname) === decodeURIComponent(path) ? url : undefined;
  } catch {
    return undefined;
  }
}
