import type { S3Error } from "./protocol/s3-error.js";
import { type Content, element, xmlDocument } from "./protocol/xml.js";

/** What an operation says to the client. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array | AnswerStream | undefined;
  /** Bytes of the object that the request brought. */
  readonly received?: number | undefined;
}

export interface AnswerStream {
  readonly stream: ReadableStream<Uint8Array>;
  /** Bytes; left out if nobody knows yet. */
  readonly length?: number | undefined;
}

/** An answer with an XML document. */
export function xmlAnswer(name: string, content: Content, headers: Answer["headers"] = {}): Answer {
  const body = new TextEncoder().encode(xmlDocument(name, content));
  return {
    status: 200,
    headers: { ...headers, "content-type": "application/xml", "content-length": String(body.length) },
    body,
  };
}

// An error may repeat what the client sent, and the client must still be able to read why it was refused.
const NOT_IN_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const readable = (text: string) => text.replace(NOT_IN_XML, "\ufffd");

/** How a refusal is told. HEAD and 304 have no body, whatever there would be to say. */
export function errorAnswer(error: S3Error, method: string, resource: string, requestId: string): Answer {
  const again = comeAgain(error.retryAfter);
  if (method === "HEAD" || error.status === 304) {
    return { status: error.status, headers: { ...error.headers, ...again } };
  }
  const body = new TextEncoder().encode(
    xmlDocument(
      "Error",
      [
        element("Code", error.code),
        element("Message", readable(error.message)),
        element("Resource", resource),
        element("RequestId", requestId),
        ...Object.entries(error.details).map(([name, value]) => element(name, readable(value))),
      ],
      false,
    ),
  );
  return {
    status: error.status,
    headers: {
      ...error.headers,
      "content-type": "application/xml",
      "content-length": String(body.length),
      ...again,
    },
    body,
  };
}

// HTTP counts in seconds, and AWS's SDKs in milliseconds.
const comeAgain = (ms: number | undefined): Answer["headers"] =>
  ms === undefined
    ? {}
    : { "retry-after": String(Math.ceil(ms / 1_000)), "x-amz-retry-after": String(Math.ceil(ms)) };

/** What an answer is called in logs. */
export const newRequestId = (): string => crypto.randomUUID().replaceAll("-", "").slice(0, 16).toUpperCase();
