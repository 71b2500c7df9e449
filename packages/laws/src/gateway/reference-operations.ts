import type { IntegrityOptions, ObjectInfo, ObjectStore, PutResult, StoreBody } from "@sluice/object-store";
import { joined } from "../store/reference-body.js";
import { type Asked, Refusal } from "./reference-asked.js";
import type { Incoming } from "./reference-body.js";
import type { Sin } from "./sins.js";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array> | undefined;
}

/** An admitted request. */
export interface Exchange {
  readonly request: Request;
  readonly asked: Asked;
  readonly store: ObjectStore;
  readonly sin: Sin | undefined;
  readonly signal: AbortSignal | undefined;
  readonly control: string;
  readonly incoming: Incoming | undefined;
}

const META = "x-amz-meta-";

/** Does what the request asks for. */
export async function carriedOut(exchange: Exchange): Promise<Answer> {
  const { asked, store, signal, control, request, sin } = exchange;
  const { bucket, key, query } = asked;
  const target = { bucket, key };
  const upload = { ...target, uploadId: query.get("uploadId") ?? "" };
  const told = (name: string, xml = ""): Answer => ({
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `<${name}>${xml}</${name}>`,
  });
  switch (asked.operation) {
    case "PutObject":
      return sending(exchange, (body) =>
        store.put(target, body, { ...kept(request.headers, sin), ...integrity(exchange), signal }),
      );
    case "UploadPart":
      return sending(exchange, (body) =>
        store.putPart(upload, Number(query.get("partNumber")), body, { ...integrity(exchange), signal }),
      );
    case "GetObject": {
      if (sin === "goesOnAfterwards") await store.head(target);
      const got = await store.get(target, { signal: sin === "goesOnAfterwards" ? undefined : signal });
      const { start, end } = got.range;
      const headers = { ...about(got, sin), "content-length": String(end - start + 1) };
      return { status: 200, headers, body: got.body };
    }
    case "HeadObject": {
      const info = await store.head(target, { signal });
      return { status: 200, headers: { ...about(info, sin), "content-length": String(info.size) } };
    }
    case "DeleteObject":
      await store.delete(target, { signal });
      return { status: 204, headers: {} };
    case "ListObjects": {
      const { objects } = await store.list(bucket, { prefix: query.get("prefix") ?? "", signal });
      return told("ListBucketResult", objects.map((one) => `<Key>${one.key}</Key>`).join(""));
    }
    case "CreateMultipartUpload": {
      const { uploadId } = await store.createMultipart(target, { ...kept(request.headers, sin), signal });
      return told("InitiateMultipartUploadResult", `<UploadId>${uploadId}</UploadId>`);
    }
    case "CompleteMultipartUpload": {
      const part = /<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g;
      const parts = Array.from(control.matchAll(part), ([, n, etag = ""]) => {
        return { partNumber: Number(n), etag: etag.replace(/&quot;/g, '"') };
      });
      const { etag } = await store.completeMultipart(upload, parts, { signal });
      return told("CompleteMultipartUploadResult", `<ETag>${etag}</ETag>`);
    }
    case "AbortMultipartUpload":
      await store.abortMultipart(upload, { signal });
      return { status: 204, headers: {} };
    case "DeleteObjects": {
      const keys = Array.from(control.matchAll(/<Key>(.*?)<\/Key>/g), ([, one = ""]) => one);
      await store.deleteMany(bucket, keys, { signal });
      return told("DeleteResult");
    }
  }
}

async function sending(
  { incoming, request, sin }: Exchange,
  send: (body: StoreBody) => Promise<Pick<PutResult, "etag">>,
): Promise<Answer> {
  const { pieces, length } = incoming!;
  if (length === undefined) throw new Refusal(411, "MissingContentLength");
  const gathers = sin === "buffersPuts" || sin === "takesTheShort";
  if (gathers || length === 0) {
    const all: Uint8Array[] = [];
    for await (const piece of pieces) all.push(piece);
    const { etag } = await send(joined(all));
    return { status: 200, headers: { etag } };
  }
  const onTheWire = Number(request.headers.get("content-length"));
  const { failed, stream } = streamOf(pieces, incoming!, sin);
  try {
    const declared = sin === "declaresTheWireLength" ? onTheWire : length;
    const { etag } = await send({ stream, length: declared });
    return { status: 200, headers: { etag } };
  } catch (error) {
    incoming!.cancel(error);
    throw failed() ?? error;
  }
}

/** The pieces as they are asked for, and what went wrong with them. */
function streamOf(pieces: AsyncGenerator<Uint8Array>, { cancel }: Incoming, sin: Sin | undefined) {
  let failure: unknown;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await pieces.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          failure ??= error;
          throw error;
        }
      },
      cancel: (reason) => cancel(reason),
    },
    { highWaterMark: sin === "readsAheadOfTheStore" ? 1_000 : 0 },
  );
  return { stream, failed: () => failure };
}

function integrity({ request: { headers }, sin }: Exchange): IntegrityOptions {
  const crc32 = headers.get("x-amz-checksum-crc32");
  return {
    contentMd5: sin === "forgetsTheMd5" ? undefined : (headers.get("content-md5") ?? undefined),
    checksum:
      crc32 === null || sin === "forgetsTheChecksum" ? undefined : { algorithm: "crc32", value: crc32 },
  };
}

/** What is kept with an object. */
function kept(headers: Headers, sin: Sin | undefined) {
  const metadata: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (name.startsWith(META)) metadata[name.slice(META.length)] = value;
    else if (sin === "passesAllHeadersOn" && name !== "authorization") metadata[name] = value;
    else if (sin === "passesTheAuthorizationOn" && name === "authorization") metadata[name] = value;
  }
  return { contentType: headers.get("content-type") ?? undefined, metadata };
}

/** What the client is told of an object. */
function about(info: ObjectInfo, sin: Sin | undefined): Record<string, string> {
  const headers: Record<string, string> = { etag: info.etag };
  if (info.contentType !== undefined) headers["content-type"] = info.contentType;
  for (const [name, value] of Object.entries(info.metadata ?? {})) headers[META + name] = value;
  if (sin !== "tellsAllItIsTold") return headers;
  for (const [name, value] of Object.entries(info)) {
    if (typeof value === "string") headers[name.toLowerCase()] = value;
  }
  return headers;
}
