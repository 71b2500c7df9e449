import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

//  on disk: nonce 12 │ ciphertext 8 MiB │ tag 16 │ nonce 12 │ …

const MIB = 2 ** 20;
const NONCE = 12;
const TAG = 16;

/** Bytes of plaintext in a frame. */
export const FRAME = 8 * MIB;

/** Bytes of a frame on disk. */
export const SEALED = NONCE + FRAME + TAG;

// What one process seals another one opens, and nothing here is a secret.
const KEY = createHash("sha256").update("the key of the flood").digest();

/**
 * Writes so many frames of random bytes, and tells the SHA-256 of what is in them.
 *
 * - **Order:** the frames as they are numbered.
 * - **Abort:** cannot be stopped; it is a matter of milliseconds.
 * - **Errors:** those of the file system.
 */
export async function seal(path: string, frames: number): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  try {
    for (let nth = 0; nth < frames; nth++) {
      const plain = randomBytes(FRAME);
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv("aes-256-gcm", KEY, nonce);
      const sealed = cipher.update(plain);
      cipher.final();
      await file.writeFile(Buffer.concat([nonce, sealed, cipher.getAuthTag()]));
      hash.update(plain);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/**
 * The plaintext of a sealed file, frame by frame. No byte of a frame may be passed on before the tag at its end was
 * checked, so whoever reads this holds a frame of ciphertext and one of plaintext, however slowly it goes.
 */
export async function* opened(path: string, frames: number): AsyncGenerator<Buffer, void, undefined> {
  const file = await open(path);
  try {
    const sealed = Buffer.allocUnsafeSlow(SEALED);
    for (let nth = 0; nth < frames; nth++) {
      await fill(sealed, file, nth * SEALED);
      yield decrypted(sealed);
    }
  } finally {
    await file.close();
  }
}

async function fill(buffer: Buffer, file: FileHandle, at: number): Promise<void> {
  const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
  if (bytesRead !== buffer.length) throw new Error(`read ${bytesRead} bytes of a frame of ${buffer.length}`);
}

function decrypted(sealed: Buffer): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", KEY, sealed.subarray(0, NONCE));
  decipher.setAuthTag(sealed.subarray(NONCE + FRAME));
  const plain = decipher.update(sealed.subarray(NONCE, NONCE + FRAME));
  decipher.final();
  return plain;
}
