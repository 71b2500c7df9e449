import { type ListedPart, type PartInfo, refusal } from "@sluice/object-store";
import { bareEtag, markedEtag } from "./etags.js";
import type { Frames } from "./frames.js";
import type { FramePlace } from "./transform.js";

/** What the named parts make of an object. */
export interface Assembled {
  /** As the store knows them. */
  readonly parts: readonly PartInfo[];
  /** Plain bytes of each. */
  readonly sizes: readonly number[];
  /** Bytes of all, plain and sealed. */
  readonly size: number;
  readonly sealedSize: number;
  /** The frame that has to come behind them: left out where the last part was sealed as the last. */
  readonly end: FramePlace | undefined;
}

/** Whether a part of so many bytes can only be the last one. It is sealed as that, and refused anywhere else. */
export const isLast = (size: number, partNumber: number, frames: Frames, rules: PartRules): boolean =>
  size % frames.plain !== 0 || size < rules.minPartSize || partNumber === rules.maxParts;

export interface PartRules {
  readonly minPartSize: number;
  readonly maxParts: number;
  readonly maxObjectSize: number;
}

/** A listed part as the caller sees it. */
export function plainPart(part: ListedPart, frames: Frames): ListedPart {
  const { checksum: _, ...rest } = part;
  const size = frames.opened(part.size)?.size ?? part.size;
  return { ...rest, size, etag: markedEtag(part.etag) };
}

/** The object that the named parts make, or a refusal: a frame's place is known by its number only if this holds. */
export function assemble(
  named: readonly PartInfo[],
  listed: ReadonlyMap<number, ListedPart>,
  frames: Frames,
  rules: PartRules,
): Assembled {
  if (named.length === 0) throw refusal("InvalidRequest", "an object needs at least one part");
  const parts = named.map((part, i) => {
    if (i > 0 && part.partNumber <= named[i - 1]!.partNumber) {
      throw refusal(
        "InvalidPartOrder",
        `part ${part.partNumber} is named after part ${named[i - 1]!.partNumber}`,
      );
    }
    const found = listed.get(part.partNumber);
    if (found === undefined) throw refusal("InvalidPart", `there is no part ${part.partNumber}`);
    if (bare(found.etag) !== bare(part.etag)) {
      throw refusal(
        "InvalidPart",
        `part ${part.partNumber} has the ETag ${markedEtag(found.etag)}, not ${part.etag}`,
      );
    }
    return { ...found, plain: frames.opened(found.size)?.size ?? 0 };
  });
  const gap = parts.find(({ partNumber }, i) => partNumber !== i + 1);
  if (gap !== undefined) {
    throw refusal(
      "InvalidPartOrder",
      `parts are numbered from 1 on without gaps, and part ${gap.partNumber} comes after one`,
    );
  }
  const first = parts[0]!;
  const last = parts.at(-1)!;
  for (const { partNumber, plain } of parts.slice(0, -1)) {
    if (plain < rules.minPartSize) {
      throw refusal(
        "EntityTooSmall",
        `part ${partNumber} has ${plain} bytes; all but the last need ${rules.minPartSize}`,
      );
    }
    if (plain % frames.plain !== 0) {
      throw refusal(
        "InvalidPart",
        `part ${partNumber} has ${plain} bytes; all but the last need a multiple of ${frames.plain}`,
      );
    }
    if (plain !== first.plain) throw unequal(partNumber, plain, first.plain);
  }
  if (last.plain > first.plain) throw unequal(last.partNumber, last.plain, first.plain);
  const size = parts.reduce((sum, { plain }) => sum + plain, 0);
  if (size > rules.maxObjectSize) {
    throw refusal("EntityTooLarge", `an object has at most ${rules.maxObjectSize} bytes, got ${size}`);
  }
  const sealedSize = parts.reduce((sum, part) => sum + part.size, 0);
  const ends = isLast(last.plain, last.partNumber, frames, rules);
  const end = ends ? undefined : endPlace(size / frames.plain, first.plain / frames.plain);
  return {
    parts: parts.map(({ partNumber, etag }) => ({ partNumber, etag })),
    sizes: parts.map(({ plain }) => plain),
    size,
    sealedSize: end === undefined ? sealedSize : sealedSize + frames.overhead,
    end,
  };
}

// Where a reader who knows how many frames a part has would look for it.
const endPlace = (frames: number, perPart: number): FramePlace => ({
  part: Math.floor(frames / perPart) + 1,
  index: frames % perPart,
  count: (frames % perPart) + 1,
  last: true,
});

const unequal = (partNumber: number, size: number, wanted: number) =>
  refusal(
    "InvalidPart",
    `all parts but the last must have the same size: part ${partNumber} has ${size} bytes, not ${wanted}`,
  );

const bare = (etag: string) => bareEtag(etag).replaceAll('"', "");
