import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

// node sink.js CONFIG: an S3 that throws away what it is given. Says {"endpoint"} when it listens, and what it was given
// when stdin has ended.

export interface SinkConfig {
  /** Paths; without them there is no TLS. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** Milliseconds that the answer to a part, or to an object, is held back. */
  readonly delay: number;
  /** Milliseconds after which the process ends, whatever happens. */
  readonly deadline: number;
}

export interface Listening {
  readonly endpoint: string;
}

export interface Given {
  /** Bytes of parts and objects; framing is not counted. */
  readonly bytes: number;
  readonly parts: number;
  /** Multipart uploads that were completed, and objects that were put. */
  readonly objects: number;
  /** Multipart uploads that were aborted. */
  readonly aborted: number;
}

const config = JSON.parse(process.argv[2]!) as SinkConfig;
setTimeout(() => process.exit(3), config.deadline).unref();

const given = { bytes: 0, parts: 0, objects: 0, aborted: 0 };
let uploads = 0;

function serve(request: IncomingMessage, response: ServerResponse): void {
  let received = 0;
  request.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  request.once("end", () => answer(request, received, response));
}

function answer(request: IncomingMessage, received: number, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url!, "http://sink");
  const id = searchParams.get("uploadId");
  response.setHeader("x-amz-request-id", etag().slice(0, 16).toUpperCase());
  if (request.method === "PUT") {
    const decoded = Number(request.headers["x-amz-decoded-content-length"] ?? received);
    given.bytes += Math.min(decoded, received);
    if (id === null) given.objects++;
    else given.parts++;
    response.setHeader("etag", `"${etag()}"`);
    setTimeout(() => response.end(), config.delay);
    return;
  }
  if (request.method === "DELETE") {
    given.aborted++;
    response.writeHead(204).end();
    return;
  }
  const [, bucket, ...key] = pathname.split("/");
  const names = `<Bucket>${bucket}</Bucket><Key>${key.join("/")}</Key>`;
  response.setHeader("content-type", "application/xml");
  if (request.method === "POST" && id === null) {
    response.end(xml("InitiateMultipartUploadResult", `${names}<UploadId>${etag()}-${uploads++}</UploadId>`));
  } else if (request.method === "POST") {
    given.objects++;
    response.end(xml("CompleteMultipartUploadResult", `${names}<ETag>"${etag()}-1"</ETag>`));
  } else {
    // Nothing is kept, so nothing is found: that is what whoever has aborted an upload wants to hear.
    response.writeHead(404).end(xml("Error", "<Code>NoSuchUpload</Code><Message>not here</Message>"));
  }
}

/** Looks like an MD5. To make a real one would cost more than all the rest. */
const etag = (): string => randomBytes(16).toString("hex");

const xml = (name: string, content: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${name}>`;

const { tls } = config;
const server =
  tls === undefined
    ? createServer(serve)
    : createTlsServer({ key: readFileSync(tls.key), cert: readFileSync(tls.cert) }, serve);
// Longer than a busy machine may leave a connection alone: a request that is sent again would be counted twice.
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  say({ endpoint: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}` });
});

// Also when whoever started this is gone.
process.stdin.resume().once("close", () => {
  process.stdout.write(`${JSON.stringify(given satisfies Given)}\n`, () => process.exit(0));
});

function say(words: Listening): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}
