import { afterAll, beforeAll } from "vitest";

interface Closes {
  close(): Promise<void>;
}

/** Opens something before the tests, closes it behind them, and gives it in between. */
export function opened<It extends Closes>(open: () => Promise<It>): () => It {
  let it: It | undefined;
  beforeAll(async () => {
    it = await open();
  });
  afterAll(() => it?.close());
  return () => it!;
}
