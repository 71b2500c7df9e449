import { createServer, connect as dial, type Socket } from "node:net";

/** After so many bytes of answers, a connection is reset, ends as if there were no more, or is open and says nothing. */
export interface Cut {
  readonly after: number;
  readonly by: "reset" | "end" | "silence";
}

export interface CuttingProxy {
  /** The endpoint to be used in the place of the server's. */
  readonly url: string;
  /** Connections that are open, and the most that ever were. */
  readonly open: number;
  readonly mostOpen: number;
  close(): Promise<void>;
}

/** A way to a server on which connections break. Each new connection is cut as `next` says. */
export async function cuttingProxy(
  endpoint: string,
  next: () => Cut | undefined = () => undefined,
): Promise<CuttingProxy> {
  const { hostname, port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  let mostOpen = 0;
  const server = createServer((client) => {
    const cut = next();
    const upstream = dial({ host: hostname, port: Number(port || 80) });
    sockets.add(client);
    mostOpen = Math.max(mostOpen, sockets.size);
    const leave = () => {
      sockets.delete(client);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", leave).on("close", leave);
    client.pipe(upstream);
    let sent = 0;
    upstream.on("data", (chunk: Buffer) => {
      const left = cut ? cut.after - sent : Number.POSITIVE_INFINITY;
      sent += chunk.length;
      if (sent < (cut?.after ?? Number.POSITIVE_INFINITY)) {
        if (client.write(chunk)) return;
        upstream.pause();
        client.once("drain", () => upstream.resume());
        return;
      }
      upstream.removeAllListeners("data").pause();
      // A reset takes away what has not been read yet: it is sent when the other side has these bytes.
      client.write(chunk.subarray(0, left), () => {
        if (cut?.by === "reset") client.resetAndDestroy();
        else if (cut?.by === "end") client.end();
      });
    });
    upstream.on("end", () => {
      if (cut?.by !== "silence" || sent < cut.after) client.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    get open() {
      return sockets.size;
    },
    get mostOpen() {
      return mostOpen;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
