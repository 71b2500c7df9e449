import type { PartInfo } from "@sluice/object-store";
import { content } from "../store/content.js";
import { base64, md5 } from "../upload/digests.js";
import type { Client, Sent } from "./client.js";
import { DECLARED, type Fault, type Framing, framed, framingHeaders, payloadOf } from "./framing.js";
import { type Draft, signed, type Terms } from "./signing.js";
import { KEY, REGION, type World } from "./world.js";

/** What a client may want. */
export type Wish =
  | ("put" | "part" | "get" | "head" | "delete" | "list")
  | ("begin" | "complete" | "abort" | "delete many");
export const WISHES: readonly Wish[] = [
  ...(["put", "part", "get", "head", "delete", "list"] as const),
  ...(["begin", "complete", "abort", "delete many"] as const),
];

/** How the body of a request is treated. */
export const isStreamed = (wish: Wish): boolean => wish === "put" || wish === "part";
export const isControl = (wish: Wish): boolean =>
  wish === "begin" || wish === "complete" || wish === "delete many";
/** Whether nothing need be held for it. */
export const isLight = (wish: Wish): boolean => wish === "head" || wish === "delete" || wish === "abort";

/** A request for an object under this name, and what must be there for it. */
export interface Wanted {
  readonly draft: Draft;
  readonly body?: Uint8Array | undefined;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Makes up the request; `bytes` are those of the object. */
export async function wanted(
  world: World,
  wish: Wish,
  bytes = content(10, 1),
  name = "object",
): Promise<Wanted> {
  const target = world.at(name);
  const { bucket, key } = target;
  const path = `/${bucket}/${key}`;
  const draft = (method: string, query: Draft["query"] = [], headers: Draft["headers"] = {}): Draft => ({
    ...{ method, path, query, headers },
  });
  const begun = () => world.inner.createMultipart(target);
  switch (wish) {
    case "put":
      return { draft: draft("PUT"), body: bytes };
    case "part": {
      const { uploadId } = await begun();
      const query = [
        ["partNumber", "1"],
        ["uploadId", uploadId],
      ] as const;
      return { draft: draft("PUT", query), body: bytes };
    }
    case "get":
    case "head":
    case "delete":
      await world.put(bytes, target);
      return { draft: draft(wish.toUpperCase()) };
    case "list": {
      const query = [
        ["list-type", "2"],
        ["prefix", key],
      ] as const;
      return { draft: { ...draft("GET", query), path: `/${bucket}` } };
    }
    case "begin":
      return { draft: draft("POST", [["uploads", ""]]), body: new Uint8Array(0) };
    case "complete": {
      const upload = await begun();
      const part = await world.inner.putPart(upload, 1, bytes);
      return completion(draft("POST", [["uploadId", upload.uploadId]]), part);
    }
    case "abort":
      return { draft: draft("DELETE", [["uploadId", (await begun()).uploadId]]) };
    case "delete many": {
      await world.put(bytes, target);
      const body = utf8(`<Delete><Object><Key>${key}</Key></Object></Delete>`);
      const headers = { "content-md5": base64(md5(body)) };
      return { draft: { ...draft("POST", [["delete", ""]], headers), path: `/${bucket}` }, body };
    }
  }
}

function completion(draft: Draft, { partNumber, etag }: PartInfo): Wanted {
  const part = `<Part><PartNumber>${partNumber}</PartNumber><ETag>${etag.replace(/"/g, "&quot;")}</ETag></Part>`;
  return { draft, body: utf8(`<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`) };
}

/** How a request is signed and sent. */
export interface How {
  readonly terms?: Partial<Terms> | undefined;
  readonly framing?: Framing | undefined;
  readonly fault?: Fault | undefined;
  /** Changes what was signed. */
  readonly after?: ((draft: Draft) => Draft) | undefined;
  /** Changes what goes over the wire, whatever was said of it. */
  readonly wire?: ((bytes: Uint8Array) => Uint8Array) | undefined;
  readonly sent?: Partial<Omit<Sent, "bytes">> | undefined;
  readonly stopsAfter?: number | undefined;
}

/** Headers that say how a request travels, which nobody signs. */
const UNSIGNED = ["content-length", "expect", "user-agent", "cookie", "te", "connection"];

/** Signs the request. */
export async function signedFor(
  world: World,
  { draft, body }: Wanted,
  { framing = "plain", terms }: How = {},
) {
  const all: Terms = {
    ...{ via: "header", key: KEY, at: Date.now(), region: REGION, service: "s3", expires: "60" },
    unsigned: UNSIGNED,
    ...terms,
  };
  const about = body === undefined ? {} : framingHeaders(framing, body.length);
  const headers = { ...about, ...draft.headers, host: world.host };
  const payload = body === undefined ? DECLARED.plain : await payloadOf(framing, body);
  return signed({ ...draft, headers }, all, payload);
}

/** Signs the request and sends it. */
export async function ask(world: World, wanted: Wanted, how: How = {}): Promise<Client> {
  const { framing = "plain", fault, after = (same) => same, wire = (same) => same, sent } = how;
  const { draft, chain } = await signedFor(world, wanted, how);
  const client = world.client();
  client.stopsAfter = how.stopsAfter ?? Number.POSITIVE_INFINITY;
  const { body } = wanted;
  const bytes = body === undefined ? undefined : wire(await framed(body, framing, chain, fault));
  client.send(after(draft), bytes && { bytes, pieces: [1_000], ...sent });
  return client;
}
