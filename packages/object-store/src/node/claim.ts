import { randomUUID } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { StoreError } from "@sluice/object-store";
import type { Disk } from "./disk.js";
import { hasCode } from "./file-error.js";
import { namesIn } from "./own-path.js";

//  free ──claim──▶ held ──letGo, or the end of the process, however it ends──▶ free
//          └──somebody else holds it──▶ refused
//
// Whoever claims a directory listens on a socket of its own in it, and only then looks at the others: of two at the
// same time at least one sees the other, and both may be refused. A file with a number of a process would do the
// same only where nobody restarts containers: there the number means something else each time.

// What bind(2) has room for is 103 bytes and more.
const LONGEST_PATH = 100;

/** Holds the directory for this process, which may claim it more than once. Returns what lets it go. */
export async function claim(disk: Disk, directory: string): Promise<() => Promise<void>> {
  // Named pipes of Windows live elsewhere, and nothing there says when a file's process has ended.
  if (process.platform === "win32") return async () => undefined;
  const self = `${process.pid}-${Math.round(performance.timeOrigin * 1000).toString(36)}`;
  const name = `${self}-${randomUUID().slice(0, 8)}`;
  const place = await placeFor(directory, name);
  const path = join(directory, name);
  let server: Server | undefined;
  const letGo = async () => {
    await disk.clear(path);
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    await place.close();
  };
  try {
    server = await listening(place.of(name));
    for (const other of await namesIn(directory)) {
      if (other.startsWith(`${self}-`)) continue;
      if (await isAlive(place.of(other))) throw heldBy(other);
      await disk.clear(join(directory, other));
    }
    // One that was not listening yet looks dead to others.
    if (server && !(await namesIn(directory)).includes(name)) throw heldBy("another");
  } catch (error) {
    await letGo();
    throw error;
  }
  return letGo;
}

const heldBy = (name: string) =>
  new StoreError(
    "OperationAborted",
    `the directory belongs to the process ${name.split("-")[0]} until it ends`,
    {
      status: 409,
      retryable: false,
    },
  );

/** Undefined where the file system knows no sockets: there, nothing is held. */
function listening(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((caller) => caller.destroy());
    server.once("error", (error) => {
      if (hasCode(error, "EOPNOTSUPP", "ENOTSUP", "ENOSYS", "EPERM", "EINVAL")) resolve(undefined);
      else reject(error);
    });
    // In a worker of a cluster it is to be its own, and not the parent's.
    server.listen({ path, exclusive: true }, () => resolve(server));
    server.unref();
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const caller = connect(path, () => {
      caller.destroy();
      resolve(true);
    });
    caller.once("error", (error) => {
      if (hasCode(error, "ECONNREFUSED", "ENOENT", "ENOTSOCK")) resolve(false);
      // It listens, and does not come to answer.
      else if (hasCode(error, "EAGAIN", "ECONNRESET", "EPIPE")) resolve(true);
      else reject(error);
    });
  });
}

interface SocketPlace {
  of(name: string): string;
  close(): Promise<void>;
}

/** Where the sockets of a directory can be reached, also if its own path is too long for that. */
async function placeFor(directory: string, name: string): Promise<SocketPlace> {
  if (Buffer.byteLength(join(directory, name)) <= LONGEST_PATH) {
    return { of: (one) => join(directory, one), close: async () => undefined };
  }
  if (process.platform !== "linux") {
    const most = LONGEST_PATH - name.length - 1;
    throw new StoreError(
      "InvalidRequest",
      `the path of a store's owners has at most ${most} bytes here: ${directory}`,
    );
  }
  const handle: FileHandle = await open(directory, "r");
  return { of: (one) => `/proc/self/fd/${handle.fd}/${one}`, close: () => handle.close() };
}
