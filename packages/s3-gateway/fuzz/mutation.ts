import fc from "fast-check";

// What parsers stumble over: ends of lines, of numbers and of encodings, and pieces of other layers than their own.
const STUMBLING = [
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  "\0",
  " ",
  "\t",
  "%",
  "%00",
  "%zz",
  "%ff",
  "%2e%2e/",
  "../",
  "//",
  "\\",
  "?",
  "&",
  "=",
  "#",
  "+",
  ",",
  ";",
  ":",
  '"',
  "'",
  "<",
  ">",
  "</a>",
  "<a>",
  "<a/>",
  "<!--",
  "-->",
  "<![CDATA[",
  "]]>",
  "<!DOCTYPE a>",
  "<?a?>",
  "&amp;",
  "&a;",
  "&#0;",
  "&#x10ffff;",
  "0",
  "-1",
  "1e9",
  "2147483648",
  "9".repeat(20),
  "ffffffffffff",
  "0\r\n\r\n",
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Expect: 100-continue\r\n",
  "\u00c3\u00a9",
  "\u00ff",
  "\u00ed\u00a0\u0080",
  "a".repeat(300),
];

/** One change, at a place between 0 and 1 of the whole. */
type Edit =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "insert"; readonly at: number; readonly text: string }
  | { readonly kind: "replace"; readonly at: number; readonly text: string }
  | { readonly kind: "delete"; readonly at: number; readonly length: number }
  | { readonly kind: "repeat"; readonly at: number; readonly length: number }
  | { readonly kind: "cut"; readonly at: number };

// Not fc.double: nearly all of the numbers that it makes are next to 0.
const at = fc.nat(2 ** 20).map((n) => n / 2 ** 20);
const text = fc.oneof(fc.constantFrom(...STUMBLING), latin1());
const length = fc.oneof(fc.nat(4), fc.nat(200));

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("insert" as const), at, text }),
  fc.record({ kind: fc.constant("replace" as const), at, text }),
  fc.record({ kind: fc.constant("delete" as const), at, length }),
  fc.record({ kind: fc.constant("repeat" as const), at, length }),
  fc.record({ kind: fc.constant("cut" as const), at }),
);

/** Texts whose characters are one byte each. */
export function latin1(maxLength = 12): fc.Arbitrary<string> {
  return fc.uint8Array({ maxLength }).map((bytes) => String.fromCharCode(...bytes));
}

/** The same text, or nearly. Its characters are bytes. */
export const mutated = (base: fc.Arbitrary<string>, maxEdits = 4): fc.Arbitrary<string> =>
  fc.tuple(base, fc.array(edit, { maxLength: maxEdits })).map(([whole, edits]) => edits.reduce(apply, whole));

function apply(whole: string, change: Edit): string {
  const place = Math.floor(change.at * whole.length);
  const [before, after] = [whole.slice(0, place), whole.slice(place)];
  switch (change.kind) {
    case "flip":
      if (after === "") return whole;
      return before + String.fromCharCode(after.charCodeAt(0) ^ (1 << change.bit)) + after.slice(1);
    case "insert":
      return before + change.text + after;
    case "replace":
      return before + change.text + after.slice(change.text.length);
    case "delete":
      return before + after.slice(change.length);
    case "repeat":
      return before + after.slice(0, change.length).repeat(2) + after.slice(change.length);
    case "cut":
      return before;
  }
}

/** Bytes in pieces, cut at any places. */
export const split = (bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] => {
  const edges = places.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b);
  return [...edges, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : edges[i - 1]!, end));
};

export const places = fc.array(at, { maxLength: 6 });

export const bytesOf = (latin: string): Buffer => Buffer.from(latin, "latin1");
