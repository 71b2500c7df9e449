import { awsChunked, type StoreBody } from "@sluice/object-store";
import type { Ask } from "./ask.js";
import type { Client } from "./client.js";

/** The request with the checksum of its stream behind it, if there is one to come and the store takes it there. */
export function withTrailer({ quirks }: Client, ask: Ask): Ask {
  const { body, integrity, headers } = ask;
  const trailer = integrity?.trailer;
  if (!quirks.trailers || trailer === undefined || !isStream(body)) return ask;
  const encoding = headers?.["content-encoding"];
  const framed = awsChunked(body, trailer, encoding === undefined ? undefined : String(encoding));
  return { ...ask, body: framed.body, headers: { ...headers, ...framed.headers } };
}

const isStream = (body: StoreBody | undefined): body is Extract<StoreBody, { stream: unknown }> =>
  body !== undefined && "stream" in body;
