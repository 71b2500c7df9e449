import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { MemoryStore } from "@sluice/object-store";
import { InterruptedError } from "../src/failure.js";
import type { Io, Screen } from "../src/io.js";
import { main } from "../src/program.js";
import { startServer } from "../src/serve/start-server.js";

// As src/main.ts does.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

export const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
export const KEYS = { accessKeyId: "TESTKEY", secretAccessKey: "test-secret" };
export const MiB = 2 ** 20;

export interface Run {
  readonly code: number;
  readonly out: Buffer;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function run(
  argv: readonly string[],
  { stdin = Readable.from([]), stdout, stderr, interrupt }: RunOptions = {},
): Promise<Run> {
  const out = collector();
  const err = collector();
  const signal = interrupt?.signal ?? new AbortController().signal;
  const self = [process.execPath, MAIN] as const;
  const io: Io = { stdin, stdout: stdout ?? out.stream, stderr: stderr ?? err.stream, signal, self };
  const code = await main(argv, io);
  return { code, out: out.bytes(), err: err.bytes().toString() };
}

export interface RunOptions {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Screen;
  readonly interrupt?: AbortController;
}

export const interrupted = () => new InterruptedError("SIGINT");

export function collector() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, bytes: () => Buffer.concat(chunks) };
}

/** A server in this process, and a store to look into it. */
export async function serving() {
  const store = new MemoryStore({ autoCreateBuckets: false });
  await store.buckets.create("box");
  const server = await startServer(store, KEYS, { port: 0, hostname: "127.0.0.1", budget: 64 * MiB });
  return { store, ...server };
}

/** What the AWS SDK finds its way by. */
export const environment = (url: string) => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
});

export interface Spawned {
  readonly child: ChildProcess;
  /** Resolves with the first match in what was written until then, or will be. */
  seen(where: "stdout" | "stderr", what: RegExp): Promise<RegExpExecArray>;
  text(where: "stdout" | "stderr"): string;
  readonly ended: Promise<{ readonly code: number | null; readonly by: NodeJS.Signals | null }>;
}

/** The built program, in a process of its own. */
export function spawnSluice(args: readonly string[], env: Readonly<Record<string, string>> = {}): Spawned {
  return spawned(process.execPath, [MAIN, ...args], env);
}

export function spawned(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Spawned {
  const child = spawn(command, args, { env: { ...process.env, ...env } });
  const texts = { stdout: "", stderr: "" };
  const watchers = new Set<() => void>();
  for (const where of ["stdout", "stderr"] as const) {
    child[where].setEncoding("utf8").on("data", (text: string) => {
      texts[where] += text;
      for (const look of watchers) look();
    });
  }
  const ended = once(child, "close").then(([code, by]) => ({ code, by }));
  const seen = (where: "stdout" | "stderr", what: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = what.exec(texts[where]);
        if (match) resolve(match);
        return match;
      };
      watchers.add(look);
      if (!look()) {
        ended.then(
          ({ code }) => reject(new Error(`ended with ${code} before ${what}:\n${texts.stderr}`)),
          reject,
        );
      }
    });
  return { child, seen, ended, text: (where) => texts[where] };
}

/** `sluice serve` in a process of its own. */
export async function spawnServer(args: readonly string[]) {
  const server = spawnSluice(["serve", "--port", "0", "--bucket", "box", ...args], {
    SLUICE_ACCESS_KEY: KEYS.accessKeyId,
    SLUICE_SECRET_KEY: KEYS.secretAccessKey,
  });
  const [, url = ""] = await server.seen("stdout", /on (http:\S+),/);
  return { ...server, url, env: environment(url) };
}

/** Pseudo-random bytes that are the same in every run. */
export function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0, x = 1; i < length; i++) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = x >>> 16;
  }
  return bytes;
}

/** A stream that has sent this much, and then neither goes on nor ends. */
export function stalling(bytes: Buffer): Readable {
  const stream = new PassThrough({ highWaterMark: bytes.length + 1 });
  stream.write(bytes);
  return stream;
}
