import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";

export type Kind = "PutObject" | "Create" | "UploadPart" | "Complete" | "Abort" | "ListParts" | "other";

/** Just enough of S3 on loopback to see what an upload does, with a place to do otherwise. */
export class Server {
  readonly requests: Kind[] = [];
  readonly open = new Set<string>();
  /** What is answered to a part in the place of an ETag. */
  onPart: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<Server> {
    const server = new Server();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  client(): S3Client {
    return new S3Client({
      endpoint: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: "KEYKEYKEY", secretAccessKey: "secretsecret" },
      maxAttempts: 1,
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const kind = kindOf(request.method ?? "", url.searchParams);
    this.requests.push(kind);
    if (kind === "UploadPart" && this.onPart(request, response)) return;
    const hash = createHash("md5");
    try {
      for await (const chunk of request) hash.update(chunk as Buffer);
    } catch {
      return; // the client has left in the middle of its body
    }
    const md5 = hash.digest();
    const announced = request.headers["content-md5"];
    if (announced !== undefined && announced !== md5.toString("base64"))
      return refuse(response, 400, "BadDigest");
    switch (kind) {
      case "Create":
        this.open.add("1");
        return xml(
          response,
          "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>",
        );
      case "Complete":
        this.open.clear();
        return xml(
          response,
          "<CompleteMultipartUploadResult><Key>key</Key><ETag>e</ETag></CompleteMultipartUploadResult>",
        );
      case "Abort":
        this.open.clear();
        return void response.writeHead(204).end();
      case "ListParts":
        return refuse(response, 404, "NoSuchUpload");
      default:
        response.writeHead(200, { etag: `"${md5.toString("hex")}"` }).end();
    }
  }
}

function kindOf(method: string, query: URLSearchParams): Kind {
  const multipart = query.has("uploadId");
  if (method === "PUT") return multipart ? "UploadPart" : "PutObject";
  if (method === "POST") return multipart ? "Complete" : "Create";
  if (method === "DELETE") return "Abort";
  return method === "GET" ? "ListParts" : "other";
}

const xml = (response: ServerResponse, body: string, status = 200): void =>
  void response.writeHead(status, { "content-type": "application/xml" }).end(`<?xml version="1.0"?>${body}`);

export function refuse(response: ServerResponse, status: number, code: string): void {
  xml(response, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`, status);
}
