import type { XmlElement } from "@rgrove/parse-xml";
import { StoreError } from "@sluice/object-store";
import type { Ask } from "./ask.js";
import type { Client } from "./client.js";
import { exchange, storeError } from "./exchange.js";
import { readText } from "./read-text.js";
import { refusalOf } from "./store-error.js";
import { parseDocument } from "./xml.js";

// Bytes: 1,000 keys of 1,024 bytes, each percent-encoded, and what stands around them.
const MOST_BYTES = 8 * 2 ** 20;

/**
 * One request that is answered with XML: its outermost element, which must have this name. S3 can answer 200 and then
 * fail: an answer without what it must say has done nothing for certain.
 */
export async function exchangeXml(
  client: Client,
  ask: Ask,
  name: string,
): Promise<{ root: XmlElement; headers: Headers }> {
  const { answer, failure } = await exchange(client, ask);
  const text = await readText(answer.open({ signal: ask.signal, failure }), MOST_BYTES);
  const root = text === undefined ? undefined : parseDocument(text);
  if (root?.name === name) return { root, headers: answer.headers };
  if (root?.name === "Error") throw storeError(answer, refusalOf(answer, text, ask.notFound, client.region));
  const { status, headers } = answer;
  const why = text === undefined ? `with more than ${MOST_BYTES} bytes` : `without a ${name}`;
  const requestId = headers.get("x-amz-request-id") ?? undefined;
  throw new StoreError("InternalError", `the store answered ${status}, but ${why}`, { status, requestId });
}
