import { Agent, type ClientRequest, type RequestOptions, request } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { Readable } from "node:stream";
import * as zlib from "node:zlib";
import type { Open, Terms } from "../subject.js";

// The barest upload: bytes are copied into as many buffers as there are slots, and each goes out by a PUT of
// node:http. No S3, no retries, no errors.

const SLICE = 64 * 1024;

/** Each part in one write. */
export const bare: Open = (terms) => floor(terms, (put, part) => void put.end(part));

/** The same work as the others do: a digest of each part, and slices that wait for the socket. */
export const withCrc: Open = (terms) =>
  floor(terms, (put, part) => {
    zlib.crc32(part);
    let at = 0;
    const write = (): void => {
      while (at < part.length) {
        const slice = part.subarray(at, at + SLICE);
        at += slice.length;
        if (!put.write(slice)) return void put.once("drain", write);
      }
      put.end();
    };
    write();
  });

type Send = (put: ClientRequest, part: Buffer) => void;

function floor({ endpoint, partSize, slots }: Terms, send: Send) {
  const { hostname: host, port, protocol } = new URL(endpoint);
  const [agent, open] =
    protocol === "https:"
      ? ([new TlsAgent({ keepAlive: true, maxSockets: slots }), tlsRequest] as const)
      : ([new Agent({ keepAlive: true, maxSockets: slots }), request] as const);

  const put = (part: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = {
        agent,
        host,
        port,
        method: "PUT",
        path: "/bench/floor?partNumber=1&uploadId=floor",
        headers: { "content-length": part.length },
      };
      const sent = open(options, (response) => response.resume().once("end", resolve));
      send(sent.once("error", reject), part);
    });

  return {
    async upload(_key: string, body: Readable): Promise<void> {
      const free = Array.from({ length: slots }, () => Buffer.allocUnsafeSlow(partSize));
      const busy = new Set<Promise<void>>();
      let wake = (): void => undefined;
      let part = free.pop();
      let filled = 0;
      const flush = (full: Buffer<ArrayBuffer>, length: number): void => {
        const sending = put(full.subarray(0, length)).then(() => {
          free.push(full);
          busy.delete(sending);
          wake();
        });
        busy.add(sending);
      };
      for await (const chunk of body as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length; ) {
          while (part === undefined) {
            part = free.pop();
            if (part === undefined) await new Promise<void>((resolve) => (wake = resolve));
          }
          const count = chunk.copy(part, filled, at);
          at += count;
          filled += count;
          if (filled < partSize) continue;
          flush(part, partSize);
          part = undefined;
          filled = 0;
        }
      }
      if (part !== undefined && filled > 0) flush(part, filled);
      await Promise.all(busy);
    },
  };
}
