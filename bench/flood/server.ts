import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { budgetFromContainer } from "@sluice/semaphore/node";
import { FRAME } from "./frames.js";
import { VARIANTS, type Variant } from "./variants.js";

// node server.js CONFIG: says {"port"} when it listens, and {"budget","cpuSeconds"} when stdin has ended.

export interface ServerConfig {
  readonly variant: Variant;
  readonly path: string;
  readonly frames: number;
  /** Of the memory of the container, for the budget. */
  readonly share: number;
  readonly maxWaiting: number;
  readonly patience: number;
  readonly idle: number;
  /** Milliseconds after which the process ends, whatever happens. */
  readonly deadline: number;
}

export interface Listening {
  readonly port: number;
}

export interface LastWords {
  readonly budget: {
    readonly capacity: number;
    readonly held: number;
    readonly peakHeld: number;
    readonly granted: number;
  };
  readonly cpuSeconds: number;
}

const config = JSON.parse(process.argv[2]!) as ServerConfig;
setTimeout(() => process.exit(3), config.deadline).unref();

const budget = budgetFromContainer({ share: config.share, maxWaiting: config.maxWaiting });
const handle = VARIANTS[config.variant];

const server = createServer((_request, response) => {
  response.setHeader("content-length", config.frames * FRAME);
  handle({ ...config, budget }, response).catch((error: unknown) => answer(response, error));
});

function answer(response: ServerResponse, error: unknown): void {
  const { code } = error as { code?: unknown };
  if (!response.headersSent && (code === "ERR_OVERLOADED" || code === "ERR_WAIT_TIMEOUT")) {
    response.writeHead(503, { "retry-after": "1", "content-length": 0 }).end();
  } else {
    response.destroy();
  }
}

server.listen(0, "127.0.0.1", () => say({ port: (server.address() as AddressInfo).port }));

// Also when whoever started this is gone.
process.stdin.resume().once("close", async () => {
  server.close();
  server.closeAllConnections();
  await budget.whenIdle({ timeout: 2_000 }).catch(() => undefined);
  const { capacity, held, peakHeld, granted } = budget.snapshot();
  const { user, system } = process.cpuUsage();
  say({ budget: { capacity, held, peakHeld, granted }, cpuSeconds: (user + system) / 1e6 });
});

function say(words: Listening | LastWords): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}
