import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerDiedError } from "../failure.js";
import type { Io } from "../io.js";
import { type Keys, newKeys } from "../serve/keys.js";
import type { Listening } from "../serve/serve.js";

//  spawned ──says "listening"──▶ up ──close: let go of──▶ ended, its folder gone
//    └───────ends by itself──────┴──▶ died: `onDeath`, its folder gone at close

export interface EmbeddedServer {
  readonly url: string;
  readonly bucket: string;
  readonly keys: Keys;
  readonly pid: number;
  close(): Promise<void>;
}

const BUCKET = "demo";
const PATIENCE = 5_000;

/**
 * Starts `sluice serve` in a process of its own, over a folder of its own, so that the memory that is measured
 * is the client's alone.
 *
 * - **Order:** none.
 * - **Abort:** rejects with `signal.reason` when process and folder are gone.
 * - **Errors:** `ERR_SERVER_DIED` if it does not come up; `onDeath` gets one if it ends later, uninvited.
 */
export async function startEmbedded(
  { self: [command, ...args] }: Io,
  signal: AbortSignal,
  onDeath: (error: ServerDiedError) => void,
): Promise<EmbeddedServer> {
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), "sluice-demo-"));
  const keys = newKeys();
  const child = spawn(
    command,
    [...args, "serve", "--dir", folder, "--scratch", "--port", "0", "--bucket", BUCKET],
    {
      // Keys in arguments can be seen by every process of the machine.
      env: { ...process.env, SLUICE_ACCESS_KEY: keys.accessKeyId, SLUICE_SECRET_KEY: keys.secretAccessKey },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      // In a group of its own: Ctrl-C in a terminal must not end it before the client has tidied up. When this
      // process ends, in whatever way, its channel closes, and the server ends and removes its folder.
      detached: true,
    },
  );
  const said = lastWords(child);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve()).once("error", () => resolve());
  });
  let closing = false;
  let died: ServerDiedError | undefined;
  child.once("exit", (code, by) => {
    if (closing) return;
    died = new ServerDiedError(by === null ? `with exit code ${code}` : `by ${by}`, said());
    onDeath(died);
  });
  const close = async () => {
    closing = true;
    if (child.connected) child.disconnect();
    const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    await ended;
    clearTimeout(late);
    // It does so itself, unless it was killed.
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await listening(child, signal, ended, () => died);
    return { url, bucket: BUCKET, keys, pid: child.pid ?? 0, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function listening(
  child: ChildProcess,
  signal: AbortSignal,
  ended: Promise<void>,
  died: () => ServerDiedError | undefined,
): Promise<string> {
  const gone = ended.then(() => {
    throw died() ?? new ServerDiedError("before it began", "");
  });
  gone.catch(() => {});
  try {
    const [message] = (await Promise.race([once(child, "message", { signal }), gone])) as [Listening];
    return message.url;
  } catch (cause) {
    throw signal.aborted ? signal.reason : cause;
  }
}

// The end of what it wrote, for the error; never more than fits on a screen.
function lastWords(child: ChildProcess): () => string {
  let tail = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-400);
  });
  return () => tail.replace(/\s+/g, " ").trim();
}
