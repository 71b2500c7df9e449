import type { ObjectStore } from "@sluice/object-store";
import type { Sin } from "./sins.js";
import type { UploadLikeOptions } from "./subject.js";

/** Throws for a body that is known to be too large. */
export function refuseTheTooLarge(
  { limits }: ObjectStore,
  { length = 0, partSize }: UploadLikeOptions,
  sin: Sin | undefined,
): void {
  const excused = ["sendsOneMore", "cutsTheTooLarge", "forgetsTheLargestObject"].includes(String(sin));
  const most = Math.min(limits.maxParts * partSize, limits.maxObjectSize);
  if (!excused && length > most) throw new Error("it is too large");
}

/** Why this part must not be sent, if there is a reason; `taken`: bytes of all parts up to it. */
export function whyTooLarge(
  { limits }: ObjectStore,
  number: number,
  taken: number,
  sin: Sin | undefined,
): string | undefined {
  const { maxParts, maxObjectSize } = limits;
  const grace = sin === "sendsOneMore" ? 1 : sin === "refusesTheLast" ? -1 : 0;
  if (number > maxParts + grace) return `it needs part ${number}`;
  if (sin === "forgetsTheLargestObject") return undefined;
  return taken > maxObjectSize ? `it has more than ${maxObjectSize} bytes` : undefined;
}
