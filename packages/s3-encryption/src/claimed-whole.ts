import {
  type Checksum,
  combineChecksums,
  digestOf,
  isCombinable,
  type PartInfo,
  refusal,
} from "@sluice/object-store";

/**
 * Refuses a checksum of a whole upload that is not what those of its parts make. Each of these was compared when its part
 * was sent; nobody has seen the whole, so that without them nothing can be said.
 */
export async function compareWhole(
  { algorithm, value, type }: Checksum,
  parts: readonly PartInfo[],
  sizes: readonly number[],
): Promise<void> {
  const values = parts.flatMap(({ checksum }) => (checksum?.algorithm === algorithm ? [checksum.value] : []));
  if (values.length < parts.length) {
    throw refusal("NotImplemented", "a checksum of the whole upload, without one for each of its parts");
  }
  const isComposite = type === "composite" || /-\d+$/.test(value);
  if (!isComposite && !isCombinable(algorithm)) {
    throw refusal(
      "NotImplemented",
      `a ${algorithm} of the whole upload, which does not follow from its parts'`,
    );
  }
  const pieces = values.map((one, i) => ({ value: one, size: sizes[i]! }));
  let got: string;
  try {
    got =
      isComposite || !isCombinable(algorithm)
        ? await composite(algorithm, values)
        : combineChecksums(algorithm, pieces);
  } catch (cause) {
    throw refusal("InvalidRequest", `a ${algorithm} of a part is no base64 of one`, cause);
  }
  const bare = value.replace(/-\d+$/, "");
  if (got !== bare)
    throw refusal("BadDigest", `the parts' ${algorithm} is ${got}, not the announced ${bare}`);
}

async function composite(algorithm: Checksum["algorithm"], values: readonly string[]): Promise<string> {
  const digests = values.map((value) => Uint8Array.from(atob(value), (char) => char.charCodeAt(0)));
  return btoa(String.fromCharCode(...(await digestOf(algorithm, ...digests))));
}
