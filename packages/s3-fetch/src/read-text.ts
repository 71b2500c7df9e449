/**
 * A body as text, or nothing if it has more bytes than that: then it is cancelled.
 *
 * - **Order:** none.
 * - **Abort:** as the stream does.
 * - **Errors:** those of the stream.
 */
export async function readText(
  stream: ReadableStream<Uint8Array>,
  limit: number,
): Promise<string | undefined> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > limit) {
      reader.cancel().catch(() => {});
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
