import { FRAME, SEALED } from "./frames.js";

/** Bytes that the kernel may hold of an answer that has left the process: the usual maximum of a TCP send buffer. */
const SOCKET = 4 * 2 ** 20;

/** Bytes that one request holds at the most: a frame as it is on disk, the same decrypted, and what lies in the socket. */
export const WEIGHT = SEALED + FRAME + SOCKET;
