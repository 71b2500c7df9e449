import type { FramePlace } from "../transform.js";

/** 7 zeros, the frame's number, and whether it is the last: never twice under one key, which is that of one body. */
export function nonceOf({ index, last }: FramePlace): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(7, index);
  view.setUint8(11, last ? 1 : 0);
  return nonce;
}

/** What is authenticated along with a frame: of which part it is, and how many frames that has. */
export function boundTo({ part, count }: FramePlace): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, part);
  view.setUint32(4, count);
  return bytes;
}
