import { StoreError } from "@sluice/object-store";

const PERMANENT: ReadonlySet<string> = new Set([
  "EACCES",
  "EDQUOT",
  "EISDIR",
  "ENOSPC",
  "ENOTDIR",
  "EPERM",
  "EROFS",
]);

/** A failure of the file system in the terms of a store; any other error as it is. */
export function translated(error: unknown): unknown {
  if (!isFileError(error)) return error;
  if (error.code === "ENAMETOOLONG") {
    return new StoreError("KeyTooLongError", "this file system has no room for so long a path", {
      status: 400,
      cause: error,
    });
  }
  return new StoreError("InternalError", `the file system answered ${error.code} to ${error.syscall}`, {
    status: 500,
    retryable: !PERMANENT.has(error.code),
    cause: error,
  });
}

// A link is as if it were not there: the store makes none, and where one leads is not its own.
const MISSING = ["ENOENT", "ENOTDIR", "ELOOP"];

/** Passes over failures that mean "it is not there". */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (hasCode(error, ...MISSING)) return undefined;
    throw error;
  });
}

export const hasCode = (error: unknown, ...codes: readonly string[]) =>
  isFileError(error) && codes.includes(error.code);

function isFileError(error: unknown): error is Error & { code: string; syscall: string } {
  return error instanceof Error && "syscall" in error && "code" in error;
}

/** A file that is not an object's can be replaced and removed; it has no parts to be cleared away. */
export function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof StoreError)) throw error;
}
