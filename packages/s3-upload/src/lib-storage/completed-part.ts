import type { CompletedPart, UploadPartCommandOutput } from "@aws-sdk/client-s3";

/** What Complete is to be told of a part: its number, and all that the store has said of its bytes. */
export function completedPart(
  partNumber: number,
  output: UploadPartCommandOutput | undefined,
): CompletedPart & { ETag: string } {
  if (!output?.ETag) {
    throw new Error(
      `Part ${partNumber} is missing ETag in UploadPart response. Missing Bucket CORS configuration for ETag header?`,
    );
  }
  const checksums = Object.entries(output).filter(([name, value]) => isChecksum(name) && value);
  return { PartNumber: partNumber, ETag: output.ETag, ...Object.fromEntries(checksums) };
}

const isChecksum = (name: string) => /^Checksum(?!Type$|Algorithm$)/.test(name);
