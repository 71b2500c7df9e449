import type { Subject } from "../subject.js";

async function* through<T>(items: AsyncIterable<T>, release: () => void): AsyncGenerator<T> {
  try {
    for await (const item of items) yield item;
  } finally {
    release();
  }
}

export const subject: Subject = { iterable: through };
