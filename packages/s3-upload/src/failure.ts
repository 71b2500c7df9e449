// Ceph says NoSuchKey of the parts of an upload that it does not know.
export const GONE: ReadonlySet<unknown> = new Set(["NoSuchUpload", "NoSuchKey"]);

/** Whether a request about a multipart upload still found it. */
export async function unlessGone(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (GONE.has(codeOf(error))) return false;
    throw error;
  }
}

export function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
