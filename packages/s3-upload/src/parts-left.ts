import type { Plan } from "./plan.js";
import type { UploadWarning } from "./reading-options.js";

/** What to warn of when this part has been read, if the length of the whole is not known. */
export function warningAt(
  number: number,
  { maxParts, maxBytes }: Plan,
  bytes: number,
): UploadWarning | undefined {
  const code =
    number === Math.ceil(maxParts * 0.8)
      ? "WARN_PARTS_SCARCE"
      : number === Math.ceil(maxParts * 0.5)
        ? "WARN_PARTS_HALF"
        : undefined;
  if (code === undefined) return undefined;
  const message = `${number} of ${maxParts} parts are used up by ${bytes} bytes; above ${maxBytes} bytes the upload will fail`;
  return { code, message, parts: number, maxParts, bytes, maxBytes };
}
