import { UsageError } from "../failure.js";
import type { Io } from "../io.js";
import {
  type Location,
  type ObjectLocation,
  parseLocation,
  shown,
  sourceKey,
  targetKey,
} from "../location.js";
import { plan } from "../plan.js";
import { connect } from "../s3.js";
import type { Copied } from "./copied.js";
import { copyFolder, folderOf } from "./copy-folder.js";
import { copyObject } from "./copy-object.js";
import type { Copy, CopyOptions } from "./copying.js";
import { receiveFolder, sendFolder } from "./folders.js";
import type { Reporter } from "./progress.js";
import { receive } from "./receive.js";
import { send } from "./send.js";

/**
 * Copies one file, stream or object, or a folder.
 *
 * - **Order:** bytes arrive in theirs.
 * - **Abort:** by `io.signal`; rejects with its reason when nothing is left behind, on the server or on the disk.
 * - **Errors:** `ERR_USAGE`, `ERR_READER_GONE`, `ERR_INCOMPLETE`, and those of the store and of the system.
 */
export async function copy(
  from: string,
  to: string,
  options: CopyOptions,
  io: Io,
  report: Reporter,
): Promise<void> {
  const start = performance.now();
  const route = routeOf(parseLocation(from), parseLocation(to), options);
  report.begin(shown(route.from), shown(route.to));
  const { store, close } = await connect(options);
  try {
    const copied = await route.run({ store, options, io, report });
    const { bytes, counts } = typeof copied === "number" ? { bytes: copied, counts: undefined } : copied;
    report.done(bytes, (performance.now() - start) / 1000, counts);
  } finally {
    close();
  }
}

interface Route {
  readonly from: Location;
  readonly to: Location;
  /** Resolves with bytes. */
  run(copy: Copy): Promise<number | Copied>;
}

// Everything that can be seen to be wrong is, before the first request.
function routeOf(from: Location, to: Location, options: CopyOptions): Route {
  if (from.kind !== "object" && to.kind !== "object") {
    throw new UsageError(
      `one side must be s3://bucket/key, got "${shown(from)}" and "${shown(to)}": cp copies files`,
    );
  }
  if (options.resume && (from.kind !== "object" || to.kind !== "file")) {
    throw new UsageError("--resume is for copies from S3 to a file or a folder");
  }
  if (options.recursive) return folderRoute(from, to, options);
  if (options.files !== undefined || options.followLinks) {
    throw new UsageError("--files and --follow-links are for folders: add --recursive");
  }
  const target = to.kind === "object" ? { ...to, key: targetKey(to, from) } : to;
  if (from.kind !== "object") {
    plan(options);
    return { from, to: target, run: (copy) => send(from, target as ObjectLocation, copy) };
  }
  const source = { ...from, key: sourceKey(from) };
  if (target.kind === "object") return objectRoute(source, target, options);
  const parts = plan(options);
  return { from, to, run: (copy) => receive(source, target, parts, copy) };
}

function folderRoute(from: Location, to: Location, options: CopyOptions): Route {
  plan(options);
  if (from.kind === "file" && to.kind === "object") {
    return { from, to, run: (copy) => sendFolder(from, to, copy) };
  }
  if (from.kind === "object" && to.kind === "file") {
    return { from, to, run: (copy) => receiveFolder(from, to, copy) };
  }
  if (from.kind === "object" && to.kind === "object") {
    if (from.bucket === to.bucket && folderOf(to).startsWith(folderOf(from))) {
      throw new UsageError(`${shown(to)} is inside of ${shown(from)}: what is copied would be copied again`);
    }
    return { from, to, run: (copy) => copyFolder(from, to, copy) };
  }
  throw new UsageError(
    `--recursive copies a folder to s3://bucket/prefix, or from there to a folder or another prefix, got "${shown(from)}" and "${shown(to)}"`,
  );
}

function objectRoute(from: ObjectLocation, to: ObjectLocation, options: CopyOptions): Route {
  plan(options);
  const { slots = 4, partSize, contentType } = options;
  if (from.bucket === to.bucket && from.key === to.key && contentType === undefined) {
    throw new UsageError(`${shown(from)} is both sides: a copy of an object to itself needs --content-type`);
  }
  return {
    from,
    to,
    async run({ store, io: { signal }, report }) {
      let loaded = 0;
      const onCopied = (bytes: number) => {
        loaded += bytes;
        report.progress({ phase: "copy", loaded, held: 0 });
      };
      return copyObject(store, from, to, { slots, partSize, contentType, signal, onCopied });
    },
  };
}
