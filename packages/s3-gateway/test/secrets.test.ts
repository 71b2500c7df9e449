import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { inspect } from "node:util";
import { StoreError } from "@sluice/object-store";
import { createGateway, type GatewayEvent } from "@sluice/s3-gateway";
import { type Serving, serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KINDS, type Kind, type RawRequest, RawUpstream } from "./raw-upstream.js";

// A word that stands in all headers that are nobody else's business, and must come out nowhere.

const CANARY = "c4n4ry";
const FROM_CLIENT = {
  connection: `keep-alive, x-listed-${CANARY}`,
  [`x-listed-${CANARY}`]: CANARY,
  "keep-alive": `timeout=5, ${CANARY}`,
  te: `trailers, ${CANARY}`,
  "proxy-authorization": CANARY,
  "proxy-connection": CANARY,
  cookie: `a=${CANARY}`,
  authorization: `Bearer ${CANARY}`,
  "x-amz-security-token": CANARY,
  "x-forwarded-for": CANARY,
  "x-forwarded-host": CANARY,
  "x-forwarded-proto": CANARY,
  "x-real-ip": CANARY,
  forwarded: `for=${CANARY}`,
  via: `1.1 ${CANARY}`,
  referer: `http://${CANARY}/`,
  origin: `http://${CANARY}`,
  "user-agent": CANARY,
  "accept-encoding": `gzip, ${CANARY}`,
  "cf-connecting-ip": CANARY,
  "x-api-key": CANARY,
};
const FROM_STORE = {
  connection: `keep-alive, x-listed-${CANARY}`,
  [`x-listed-${CANARY}`]: CANARY,
  "keep-alive": `timeout=5, x=${CANARY}`,
  "proxy-authenticate": CANARY,
  "www-authenticate": `Basic realm="${CANARY}"`,
  "set-cookie": `a=${CANARY}`,
  server: CANARY,
  via: `1.1 ${CANARY}`,
  "x-powered-by": CANARY,
  "x-amz-id-2": CANARY,
  "x-amz-security-token": CANARY,
  "x-amz-server-side-encryption-aws-kms-key-id": CANARY,
  "x-amz-bucket-region": CANARY,
  "alt-svc": `h3="${CANARY}"`,
  "strict-transport-security": CANARY,
  "access-control-allow-origin": CANARY,
  location: `http://${CANARY}/`,
};

let upstream: RawUpstream;
let serving: Serving;
let events: GatewayEvent[];
const budget = new MemoryBudget("8MiB");
beforeEach(async () => {
  upstream = await RawUpstream.start();
  events = [];
});
afterEach(async () => {
  await serving.close();
  await upstream.close();
});

async function start(kind: Kind): Promise<void> {
  const credentials = async () => ({ accessKeyId: "UPSTREAM", secretAccessKey: "upstream-secret" });
  const onEvent = (event: GatewayEvent) => void events.push(event);
  const gateway = createGateway({
    store: upstream.store(kind, { credentials }),
    budget,
    authenticate: "anonymous",
    onEvent,
  });
  serving = await serve(gateway, { port: 0 });
}

/** Sends a request with all of the headers; gives what the store saw and, when it has answered, all that came back. */
async function ask(method: string, path: string, answer: (seen: RawRequest) => void, body = "") {
  const headers = { ...FROM_CLIENT, ...(body && { "content-length": Buffer.byteLength(body) }) };
  const to = request(serving.url + path, { method, headers, agent: false }).end(body);
  const response = once(to, "response") as Promise<[IncomingMessage]>;
  const seen = await upstream.next();
  await seen.has();
  answer(seen);
  const [came] = await response;
  let text = "";
  for await (const piece of came) text += piece;
  return {
    seen: seen.head,
    came: `${came.statusCode} ${came.rawHeaders.join("\n")}\n${text}`,
    status: came.statusCode,
  };
}

describe.each(KINDS)("over %s", (kind) => {
  const complete =
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>";

  it.each([
    ["PUT", "/box/k", "hello", ""],
    ["GET", "/box/k", "", "hello"],
    ["HEAD", "/box/k", "", ""],
    ["DELETE", "/box/k", "", ""],
    ["PUT", "/box/k?partNumber=1&uploadId=u", "hello", ""],
    ["GET", "/box?list-type=2", "", "<ListBucketResult/>"],
    [
      "POST",
      "/box/k?uploadId=u",
      complete,
      "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
    ],
  ])(
    "no such header of the client's goes to the store, and none of the store's to the client: %s %s",
    async (method, path, body, told) => {
      await start(kind);
      const { seen, came, status } = await ask(
        method,
        path,
        (it) => it.answer(method === "DELETE" ? 204 : 200, { ...FROM_STORE, etag: '"e"' }, told),
        body,
      );
      expect(status).toBeLessThan(300);
      expect(seen.toLowerCase()).not.toContain(CANARY);
      expect(came).not.toContain(CANARY);
      for (const name of ["te", "transfer-encoding", "cookie", "expect", "proxy-connection"]) {
        expect(seen).not.toMatch(new RegExp(`^${name}:`, "im"));
      }
      expect(inspect(events, { depth: 9 })).not.toContain(CANARY);
    },
  );

  it.each([
    [403, "AccessDenied"],
    [403, "SignatureDoesNotMatch"],
    [403, "InvalidAccessKeyId"],
    [400, "ExpiredToken"],
    [400, "InvalidToken"],
    [400, "AuthorizationHeaderMalformed"],
    [301, "PermanentRedirect"],
    [500, "InternalError"],
  ])(
    "what the store says of the gateway's own key in a refusal with %i %s stays here",
    async (status, code) => {
      await start(kind);
      const told =
        `<Error><Code>${code}</Code><Message>user ${CANARY} may not</Message><AWSAccessKeyId>${CANARY}</AWSAccessKeyId>` +
        `<StringToSign>${CANARY}</StringToSign><Endpoint>${CANARY}</Endpoint><Region>${CANARY}</Region></Error>`;
      const { came } = await ask("GET", "/box/k", (it) => it.answer(status, FROM_STORE, told));
      expect(came).not.toContain(CANARY);
      // What only the gateway can do something about is no failure of the client's.
      if (code !== "AccessDenied") expect(came).toMatch(/^50[03] /);
      if (code === "ExpiredToken") expect(came).toMatch(/^503 [\s\S]*retry-after\n/);
      expect(inspect(events, { depth: 9 })).not.toContain(CANARY);
    },
  );
});

it("a failure of the store's that names its secrets is none of the client's business", async () => {
  const store = {
    limits: { maxKeySize: 1_024, maxParts: 10 },
    get: () => Promise.reject(new Error(CANARY, { cause: new StoreError("ClientError", CANARY) })),
  };
  const onEvent = (event: GatewayEvent) => void events.push(event);
  const gateway = createGateway({ store: store as never, budget, authenticate: "anonymous", onEvent });
  serving = await serve(gateway, { port: 0 });
  const response = await fetch(`${serving.url}/box/k`);
  expect([response.status, (await response.text()).includes(CANARY)]).toEqual([500, false]);
  expect(inspect(events, { depth: 9 })).not.toContain(CANARY);
});
