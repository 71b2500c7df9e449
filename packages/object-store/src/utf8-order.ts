/**
 * Compares as the UTF-8 bytes of the texts compare, which is S3's order of keys. JavaScript's own order is that of
 * UTF-16 units: it puts U+1F600 before U+FF5E, because its first half is 0xD83D.
 */
export function compareUtf8(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

// Halves of surrogate pairs stand for code points above all others.
const rank = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

const encoder = new TextEncoder();

/** How many bytes the text has in UTF-8. */
export const utf8Size = (text: string) => encoder.encode(text).length;
