import { createHash } from "node:crypto";
import fc from "fast-check";
import { mutated } from "./mutation.js";

/** What a client may send, in latin1. */
export interface Draft {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

const md5 = (text: string) => createHash("md5").update(text, "latin1").digest("base64");

/** Good requests of every kind, of which the others are made. The upload is one that is open. */
export function goodDrafts(uploadId: string): readonly Draft[] {
  const deletion =
    "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object><Quiet>true</Quiet></Delete>";
  const completion =
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag></Part></CompleteMultipartUpload>";
  const frames = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
  const framing: Draft["headers"] = [
    ["x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"],
    ["x-amz-decoded-content-length", "5"],
    ["x-amz-trailer", "x-amz-checksum-crc32"],
    ["content-encoding", "aws-chunked"],
  ];
  const metadata: Draft["headers"] = [
    ["content-type", "text/plain"],
    ["x-amz-meta-colour", "blue"],
    ["if-none-match", "*"],
  ];
  return [
    draft("PUT", "/box/new%20key", metadata, "hello"),
    draft("PUT", "/box/new", [["content-md5", md5("hello")]], "hello"),
    draft("PUT", "/box/new", [["x-amz-checksum-crc32", "NhCmhg=="]], "hello"),
    draft("PUT", "/box/new", framing, frames),
    draft("PUT", `/box/open?partNumber=1&uploadId=${uploadId}`, framing, frames),
    draft("PUT", `/box/open?partNumber=2&uploadId=${uploadId}`, [], "hello"),
    draft("PUT", "/box/copy", [["x-amz-copy-source", "/box/a%20b"]]),
    draft("PUT", `/box/open?partNumber=3&uploadId=${uploadId}`, [
      ["x-amz-copy-source", "box/a%20b?versionId=1"],
      ["x-amz-copy-source-range", "bytes=0-3"],
      ["x-amz-copy-source-if-match", '"abc"'],
    ]),
    draft("PUT", "/fresh", []),
    draft("POST", "/box?delete", [["content-md5", md5(deletion)]], deletion),
    draft("POST", "/box/more?uploads", [["x-amz-checksum-algorithm", "CRC32"]]),
    draft("POST", `/box/open?uploadId=${uploadId}`, [["x-amz-mp-object-size", "5"]], completion),
    draft("POST", "/box", [["content-type", "multipart/form-data; boundary=a"]], "--a\r\n\r\n--a--"),
    draft("GET", "/box/a%20b", [
      ["range", "bytes=1-3"],
      ["if-match", '"5d41402abc4b2a76b9719d911017c592"'],
      ["if-modified-since", "Sat, 29 Oct 1994 19:43:31 GMT"],
    ]),
    draft("GET", "/box/a%20b?partNumber=1&response-content-type=text%2Fhtml&versionId=null", []),
    draft(
      "GET",
      "/box?list-type=2&prefix=a&delimiter=%2F&max-keys=2&continuation-token=YQ&encoding-type=url",
      [],
    ),
    draft("GET", "/box?prefix=a&marker=a%2Fb&max-keys=2", []),
    draft("GET", "/box?uploads&max-uploads=1&key-marker=a&upload-id-marker=YQ", []),
    draft("GET", `/box/open?uploadId=${uploadId}&part-number-marker=0&max-parts=1`, []),
    draft("GET", "/box?location", []),
    draft("GET", "/", []),
    draft(
      "GET",
      "/box/a%20b?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bb",
      [],
    ),
    draft("HEAD", "/box/a%20b", [["if-none-match", '"x", "y"']]),
    draft("HEAD", "/box", []),
    draft("DELETE", "/box/a%20b", []),
    draft("DELETE", "/fresh", []),
    draft("DELETE", `/box/open?uploadId=${uploadId}`, []),
    draft("OPTIONS", "/box/a", [
      ["origin", "https://app.example.com"],
      ["access-control-request-method", "PUT"],
      ["access-control-request-headers", "content-type, x-amz-date"],
    ]),
  ];
}

function draft(method: string, target: string, headers: Draft["headers"], body = ""): Draft {
  return { method, target, headers, body };
}

/** A request with nearly the parts of a good one, or of several. */
export function drafts(uploadId: string): fc.Arbitrary<Draft> {
  const good = goodDrafts(uploadId);
  const one = fc.constantFrom(...good);
  const headers = fc
    .array(one, { minLength: 1, maxLength: 2 })
    .chain((from) =>
      fc.tuple(
        ...from.flatMap((each) =>
          each.headers.map(([name, value]) =>
            mutated(fc.constant(value), 2).map((text) => [name, text] as const),
          ),
        ),
      ),
    );
  const broken = one.chain((base) =>
    fc.record({
      method: fc.constant(base.method),
      target: mutated(fc.constant(base.target), 2),
      headers: fc.oneof(fc.constant(base.headers), headers),
      body: mutated(fc.constant(base.body), 2),
    }),
  );
  const mixed = fc.record({
    method: one.map(({ method }) => method),
    target: one.map(({ target }) => target),
    headers,
    body: one.map(({ body }) => body),
  });
  return fc.oneof({ arbitrary: broken, weight: 4 }, mixed, one);
}

/** The bytes of a request on a connection that is closed after it. */
export function wireOf({ method, target, headers, body }: Draft, length = body.length): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const sized = body === "" && method !== "PUT" && method !== "POST" ? "" : `content-length: ${length}\r\n`;
  return `${method} ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${sized}${lines}\r\n${body}`;
}
