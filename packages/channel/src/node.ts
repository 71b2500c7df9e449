import { Readable } from "node:stream";
import type { Receiver, Sender } from "./halves.js";

/**
 * The items as a Node stream of objects, which reads one ahead. Destroying the stream cancels the channel; a failed
 * channel destroys the stream with that very error.
 */
export function toReadable<T>(receiver: Receiver<T>): Readable {
  return Readable.from(receiver.consume(), { objectMode: true, highWaterMark: 1 });
}

/**
 * Sends what the stream has, as there is room, and then closes the channel, or fails it with the stream's error.
 *
 * - **Order:** that of the stream.
 * - **Abort:** none of its own; cancel the channel, and the stream is destroyed when its next chunk has no taker.
 * - **Errors:** the stream's; whatever a send rejects with, after the stream was destroyed.
 */
export async function fromReadable<T>(readable: Readable, channel: Sender<T>): Promise<void> {
  try {
    for await (const chunk of readable) await channel.send(chunk as T);
    channel.close();
  } catch (error) {
    channel.fail(error);
    throw error;
  }
}
