import type { Fetch } from "@sluice/s3-fetch";

export interface Asked {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
}

/** A fetch that goes nowhere: it remembers what it was asked, and answers as told. */
export function recordingFetch(
  answer: (asked: Asked, count: number) => Response | Promise<Response> = () =>
    new Response(null, { headers: { etag: '"e"', "content-length": "0" } }),
) {
  const seen: Asked[] = [];
  const fetch: Fetch = async (url, init) => {
    const { method = "GET", body } = init;
    const asked = { url: new URL(url), method, headers: new Headers(init.headers) };
    seen.push(asked);
    if (body) await new Response(body).arrayBuffer();
    return answer(asked, seen.length);
  };
  return { fetch, seen };
}

export const refusal = (status: number, code: string, headers: Record<string, string> = {}, more = "") =>
  new Response(`<Error><Code>${code}</Code><Message>about ${code}</Message>${more}</Error>`, {
    status,
    headers,
  });
