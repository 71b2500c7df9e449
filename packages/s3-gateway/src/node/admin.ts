import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { InvalidValueError } from "@sluice/semaphore";
import type { Doorway } from "./doorway.js";
import { listenOn } from "./open-server.js";
import type { Served } from "./served.js";

export interface AdminOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Where to listen. The loopback address if left out: it asks nobody for a key. */
  readonly hostname?: string | undefined;
  /** Milliseconds: when somebody has waited for the budget so long and nobody was let in, it is not ready. 15,000 if left out. */
  readonly readyTimeout?: number | undefined;
}

export interface Admin {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** `/health/live`, `/health/ready` and `/metrics`, on a port of their own. */
export async function startAdmin(options: AdminOptions, gateway: Served, doorway: Doorway): Promise<Admin> {
  const { port, hostname, readyTimeout = 15_000 } = options;
  if (!(readyTimeout > 0)) {
    throw new InvalidValueError("admin.readyTimeout", readyTimeout, "milliseconds above 0");
  }
  const pages: Readonly<Record<string, () => readonly [status: number, text: string]>> = {
    "/health/live": () => [200, "live\n"],
    "/health/ready": () => {
      if (doorway.isClosing) return [503, "closing\n"];
      const stuckMs = gateway.snapshot?.().stuckMs ?? 0;
      return stuckMs < readyTimeout ? [200, "ready\n"] : [503, "the budget is exhausted\n"];
    },
    "/metrics": () => [200, (gateway.metrics?.() ?? "") + connectionLines(doorway)],
  };
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000, maxHeaderSize: 8_192 });
  server.maxConnections = 64;
  server.on("request", ({ method, url = "" }, response) => {
    const page = pages[url.split("?")[0]!];
    const [status, text] =
      page === undefined ? [404, "not found\n"] : method === "GET" ? page() : [405, "GET only\n"];
    response.writeHead(status, { "content-type": "text/plain; version=0.0.4", connection: "close" });
    response.end(text);
  });
  await listenOn(server, port, hostname);
  return { address: server.address() as AddressInfo, close: () => closed(server) };
}

const connectionLines = ({ connections, dropped }: Doorway): string =>
  [
    "# HELP sluice_gateway_connections Connections that are open.",
    "# TYPE sluice_gateway_connections gauge",
    `sluice_gateway_connections ${connections}`,
    "# HELP sluice_gateway_connections_dropped_total Connections closed because there were too many.",
    "# TYPE sluice_gateway_connections_dropped_total counter",
    `sluice_gateway_connections_dropped_total ${dropped}`,
    "",
  ].join("\n");

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
