export const toBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

export const fromBase64 = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

export const toHex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const MD5 = /^"?([0-9a-f]{32})"?$/i;

/** The MD5 in an ETag that has the form of one, in lower case. */
export const md5In = (etag: string): string | undefined => MD5.exec(etag)?.[1]?.toLowerCase();
