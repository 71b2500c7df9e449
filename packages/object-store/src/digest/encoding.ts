export const toHex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const toBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

/** The bytes that a base64 text stands for, or undefined if it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!/^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(text) || text.includes("_")) return undefined;
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
