// Keys are any Unicode, names of files are not: they know no "/", no NUL, no "..", at most 255 bytes, and on some
// systems no difference between "A" and "a". So every segment of a key is spelt in [a-z0-9_.-], everything else as
// %xx of its UTF-8 bytes, with a mark of what it is:
//
//   photos/2024/A.jpg   d-photos / d-2024 / o-%41.jpg
//   photos              o-photos                          beside d-photos, so both can exist
//   x/                  d-x / o-                          an empty segment is a segment
//   a long segment      c-<64 bytes> / c-<64 bytes> / o-<the rest, below 64 bytes, even if empty>
//
// A segment is cut at a fixed number of bytes, so that a directory, sorted by what its names stand for, is in the
// order of the keys: all that begins with the same 64 bytes is under the same "c-".

/** Bytes of a segment that one name spells, so at most 3 × 64 + 2 letters. */
const PIECE = 64;

/** The text's UTF-8 bytes, one character each. Compared with `<` they are in S3's order. */
export const toBytes = (text: string) => Buffer.from(text, "utf8").toString("latin1");

export const fromBytes = (bytes: string) => Buffer.from(bytes, "latin1").toString("utf8");

/** The names, from a bucket's directory down, of the file that holds the object. */
export function namesOf(key: string): string[] {
  const segments = toBytes(key).split("/");
  return segments.flatMap((segment, i) => namesOfSegment(segment, i < segments.length - 1 ? "d-" : "o-"));
}

/** The names of the directory in which all keys are that begin with the prefix. */
export function namesOfPrefix(prefix: string): { readonly names: string[]; readonly base: string } {
  const bytes = toBytes(prefix);
  const base = bytes.slice(0, bytes.lastIndexOf("/") + 1);
  const segments = base.split("/").slice(0, -1);
  return { names: segments.flatMap((segment) => namesOfSegment(segment, "d-")), base };
}

function namesOfSegment(segment: string, mark: "d-" | "o-"): string[] {
  const names: string[] = [];
  let rest = segment;
  for (; rest.length >= PIECE; rest = rest.slice(PIECE)) names.push(`c-${spelt(rest.slice(0, PIECE))}`);
  names.push(mark + spelt(rest));
  return names;
}

/** What a name stands for behind the bytes of its directory; undefined for one that is not ours. */
export function readName(
  name: string,
  base: string,
): { readonly bytes: string; readonly leaf: boolean } | undefined {
  const bytes =
    base +
    name.slice(2).replace(/%([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (name.startsWith("o-")) return { bytes, leaf: true };
  if (name.startsWith("d-")) return { bytes: `${bytes}/`, leaf: false };
  return name.startsWith("c-") ? { bytes, leaf: false } : undefined;
}

// A dot at the end is spelt as well: some systems drop it.
const spelt = (bytes: string) =>
  bytes.replace(/[^a-z0-9_.-]|\.$/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
