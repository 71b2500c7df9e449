import { awsChunked, type IntegrityOptions, type StoreBody } from "@sluice/object-store";
import type { RequestHeaders } from "./headers.js";
import type { Quirks } from "./quirks.js";

/** As much of a request as has to do with its body. */
interface Sent {
  readonly headers?: RequestHeaders | undefined;
  readonly body?: StoreBody | undefined;
  readonly integrity?: IntegrityOptions | undefined;
}

/** The request with the checksum of its stream behind it, if there is one to come and the store takes it there. */
export function withTrailer<A extends Sent>({ trailers }: Quirks, ask: A): A {
  const { body, integrity, headers } = ask;
  const trailer = integrity?.trailer;
  if (!trailers || trailer === undefined || !isStream(body)) return ask;
  const encoding = headers?.["content-encoding"];
  const framed = awsChunked(body, trailer, encoding === undefined ? undefined : String(encoding));
  return { ...ask, body: framed.body, headers: { ...headers, ...framed.headers } };
}

const isStream = (body: StoreBody | undefined): body is Extract<StoreBody, { stream: unknown }> =>
  body !== undefined && "stream" in body;
