import { inspect } from "node:util";
import type { StoreError } from "@sluice/object-store";
import { type Credentials, fetchStore, presignedStore } from "@sluice/s3-fetch";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { failureOf } from "./recorder.js";
import { recordingFetch, refusal } from "./recording-fetch.js";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const base = { endpoint: "https://store.local", region: "us-east-1" };
const at = { bucket: "b", key: "k" };

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A provider that answers when the test says so. */
function provider() {
  const asked: { give(name: string, minutes: number): void; fail(error: unknown): void }[] = [];
  const credentials = () =>
    new Promise<Credentials>((resolve, reject) => {
      asked.push({
        fail: reject,
        give: (name, minutes) =>
          resolve({
            accessKeyId: name,
            secretAccessKey: "secretsecret",
            sessionToken: `token-${name}`,
            expiration: new Date(Date.now() + minutes * MINUTE),
          }),
      });
    });
  return { asked, credentials };
}

const keyOf = ({ headers }: { readonly headers: Headers }) =>
  /Credential=(\w+)/.exec(headers.get("authorization") ?? "")?.[1];
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("credentials that end", () => {
  test("are asked for once, however many requests wait for them", async () => {
    const { asked, credentials } = provider();
    const { fetch, seen } = recordingFetch();
    const store = fetchStore({ ...base, credentials, fetch });
    const requests = [store.head(at), store.head(at), store.list("b").catch(() => {})];
    await settled();
    expect([asked.length, seen.length]).toEqual([1, 0]);
    asked[0]!.give("ONE", 60);
    await Promise.all(requests);
    expect(seen.map(keyOf)).toEqual(["ONE", "ONE", "ONE"]);
    expect(seen[0]!.headers.get("x-amz-security-token")).toBe("token-ONE");
  });

  test("are renewed before their end, while requests go on with the old ones", async () => {
    const { asked, credentials } = provider();
    const { fetch, seen } = recordingFetch();
    const store = fetchStore({ ...base, credentials, fetch });
    const first = store.head(at);
    await settled();
    asked[0]!.give("ONE", 60);
    await first;
    vi.setSystemTime(START + 56 * MINUTE);
    await store.head(at);
    await store.head(at);
    expect(asked).toHaveLength(2);
    expect(seen.map(keyOf)).toEqual(["ONE", "ONE", "ONE"]);
    asked[1]!.give("TWO", 60);
    await settled();
    await store.head(at);
    expect(keyOf(seen[3]!)).toBe("TWO");
    expect(asked).toHaveLength(2);
  });

  test("are waited for only when they have ended", async () => {
    const { asked, credentials } = provider();
    const { fetch, seen } = recordingFetch();
    const store = fetchStore({ ...base, credentials, fetch });
    const first = store.head(at);
    await settled();
    asked[0]!.give("ONE", 10);
    await first;
    vi.setSystemTime(START + 10 * MINUTE);
    const late = [store.head(at), store.head(at)];
    await settled();
    expect([asked.length, seen.length]).toEqual([2, 1]);
    asked[1]!.give("TWO", 10);
    await Promise.all(late);
    expect(seen.slice(1).map(keyOf)).toEqual(["TWO", "TWO"]);
  });

  test("are used while a call for better ones hangs, and the next is made after a pause", async () => {
    const { asked, credentials } = provider();
    const { fetch, seen } = recordingFetch();
    const store = fetchStore({ ...base, credentials, fetch });
    const first = store.head(at);
    await settled();
    asked[0]!.give("ONE", 10);
    await first;
    vi.setSystemTime(START + 6 * MINUTE);
    await store.head(at);
    vi.setSystemTime(START + 6 * MINUTE + 11_000);
    await store.head(at);
    expect(asked).toHaveLength(3);
    asked[2]!.give("TWO", 60);
    await settled();
    await store.head(at);
    // The call that hung brings older ones than those that there are.
    asked[1]!.give("OLD", 60);
    await settled();
    await store.head(at);
    expect(seen.map(keyOf)).toEqual(["ONE", "ONE", "ONE", "TWO", "TWO"]);
  });

  test("and that there are none of yet come by another call if the first one hangs", async () => {
    vi.useFakeTimers({ now: START, toFake: ["Date", "setTimeout", "clearTimeout"] });
    const { asked, credentials } = provider();
    const { fetch, seen } = recordingFetch();
    const store = fetchStore({ ...base, credentials, fetch });
    const requests = [store.head(at), store.head(at), store.head(at)];
    await settled();
    await vi.advanceTimersByTimeAsync(2_999);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(2);
    asked[1]!.give("ONE", 60);
    await Promise.all(requests);
    expect(seen.map(keyOf)).toEqual(["ONE", "ONE", "ONE"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("are asked for no more when nobody waits for them, and go on to all but the one that has left", async () => {
    vi.useFakeTimers({ now: START, toFake: ["Date", "setTimeout", "clearTimeout"] });
    const { asked, credentials } = provider();
    const { fetch, seen } = recordingFetch();
    const store = fetchStore({ ...base, credentials, fetch });
    const leaving = new AbortController();
    const first = store.head(at, { signal: leaving.signal }).catch((reason: unknown) => reason);
    const second = store.head(at);
    await settled();
    leaving.abort("left");
    expect(await first).toBe("left");
    asked[0]!.give("ONE", 60);
    await second;
    expect([asked.length, seen.length, vi.getTimerCount()]).toEqual([1, 1, 0]);
  });

  test("are not shared on Workers until they are there, where a call ends with its request", async () => {
    vi.stubGlobal("FixedLengthStream", class {});
    try {
      const { asked, credentials } = provider();
      const { fetch, seen } = recordingFetch();
      const store = fetchStore({ ...base, credentials, fetch });
      const requests = [store.head(at), store.head(at)];
      await settled();
      expect(asked).toHaveLength(2);
      asked[1]!.give("TWO", 60);
      await requests[1];
      await store.head(at);
      asked[0]!.give("ONE", 60);
      await requests[0];
      await store.head(at);
      expect([asked.length, ...seen.map(keyOf)]).toEqual([2, "TWO", "TWO", "ONE", "TWO"]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("that cannot be renewed yet are used on, and asked for again after a pause", async () => {
    const { asked, credentials } = provider();
    const { fetch, seen } = recordingFetch();
    const store = fetchStore({ ...base, credentials, fetch });
    const first = store.head(at);
    await settled();
    asked[0]!.give("ONE", 4);
    await first;
    await store.head(at);
    expect(asked).toHaveLength(1);
    vi.setSystemTime(START + 11_000);
    await store.head(at);
    expect(asked).toHaveLength(2);
    asked[1]!.fail(new Error("no service"));
    await settled();
    await store.head(at);
    expect(asked).toHaveLength(2);
    vi.setSystemTime(START + 22_000);
    await store.head(at);
    expect(asked).toHaveLength(3);
    expect(seen.map(keyOf)).toEqual(["ONE", "ONE", "ONE", "ONE", "ONE"]);
  });

  test("before the store's clock says so are renewed once, and the request is worth another try", async () => {
    const { asked, credentials } = provider();
    const { fetch } = recordingFetch((request) =>
      keyOf(request) === "ONE"
        ? refusal(400, "ExpiredToken")
        : new Response(null, { headers: { "content-length": "0" } }),
    );
    const store = fetchStore({ ...base, credentials, fetch });
    const refused = [failureOf(store.head(at)), failureOf(store.get(at)), failureOf(store.get(at))];
    await settled();
    asked[0]!.give("ONE", 60);
    const errors = await Promise.all(refused);
    expect(errors.slice(1)).toMatchObject([
      { code: "ExpiredToken", status: 400, retryable: true },
      { code: "ExpiredToken", retryable: true },
    ]);
    const again = store.get(at);
    await settled();
    expect(asked).toHaveLength(2);
    asked[1]!.give("TWO", 60);
    await again;
  });

  test("and that the provider has no better ones for are no reason to try again", async () => {
    const { asked, credentials } = provider();
    const { fetch } = recordingFetch(() => refusal(400, "ExpiredToken"));
    const store = fetchStore({ ...base, credentials, fetch });
    const first = failureOf(store.get(at));
    await settled();
    asked[0]!.give("ONE", 60);
    expect((await first).retryable).toBe(true);
    const second = failureOf(store.get(at));
    await settled();
    asked[1]!.give("ONE", 60);
    expect((await second).retryable).toBe(false);
  });

  test("and are no function's are refused for good", async () => {
    const { fetch } = recordingFetch(() => refusal(400, "ExpiredToken"));
    const credentials = { accessKeyId: "A", secretAccessKey: "B" };
    expect((await failureOf(fetchStore({ ...base, credentials, fetch }).get(at))).retryable).toBe(false);
  });
});

describe("credentials", () => {
  test("may be none at all", async () => {
    const { fetch, seen } = recordingFetch();
    await fetchStore({ ...base, credentials: "anonymous", fetch }).head(at);
    expect([...seen[0]!.headers.keys()]).toEqual(["accept-encoding", "x-amz-checksum-mode"]);
  });

  test("that are missing or no Date are refused at once", () => {
    const good = { accessKeyId: "A", secretAccessKey: "B" };
    const wrong = [undefined, {}, { ...good, sessionToken: "" }, { ...good, expiration: "tomorrow" }];
    for (const credentials of wrong) {
      expect(() => fetchStore({ ...base, credentials: credentials as unknown as Credentials })).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_VALUE" }),
      );
    }
  });

  test("are not found by a logger, nor in what is said of wrong ones", async () => {
    const secret = { accessKeyId: "KEYKEYKEY", secretAccessKey: "secretsecret", sessionToken: "tokentoken" };
    const { fetch } = recordingFetch(() => refusal(403, "AccessDenied"));
    const store = fetchStore({ ...base, credentials: secret, fetch });
    const failures = [
      await failureOf(store.get(at)),
      await failureOf(
        fetchStore({
          ...base,
          credentials: async () => ({ ...secret, secretAccessKey: "secretsecret\n" }),
          fetch,
        }).get(at),
      ),
    ];
    try {
      fetchStore({ ...base, credentials: { ...secret, accessKeyId: "KEYKEYKEY\r\n" } });
    } catch (error) {
      failures.push(error as StoreError);
    }
    expect(failures).toHaveLength(3);
    const everything = inspect([store, ...failures], { depth: Number.POSITIVE_INFINITY, showHidden: true });
    expect(everything).not.toMatch(/KEYKEYKEY|secretsecret|tokentoken|Signature=/);
  });
});

describe("a clock that is wrong", () => {
  const credentials = { accessKeyId: "A", secretAccessKey: "B" };
  const hour = 60 * MINUTE;

  test("is set by the store's, and the request is worth another try", async () => {
    const server = () => new Date(Date.now() + hour).toUTCString();
    const { fetch, seen } = recordingFetch((_asked, count) =>
      count === 1
        ? refusal(403, "RequestTimeTooSkewed", { date: server() })
        : new Response(null, { headers: { "content-length": "0" } }),
    );
    const store = fetchStore({ ...base, credentials, fetch });
    expect(await failureOf(store.get(at))).toMatchObject({ code: "RequestTimeTooSkewed", retryable: true });
    await store.get(at);
    expect(seen.map(({ headers }) => headers.get("x-amz-date"))).toEqual([
      "20260101T000000Z",
      "20260101T010000Z",
    ]);
  });

  test("is recognised where HEAD is refused without a word", async () => {
    const { fetch } = recordingFetch(
      () => new Response(null, { status: 403, headers: { date: new Date(START - hour).toUTCString() } }),
    );
    const store = fetchStore({ ...base, credentials, fetch });
    expect(await failureOf(store.head(at))).toMatchObject({ code: "RequestTimeTooSkewed", retryable: true });
    // By now it is right, so that this refusal has another reason.
    expect(await failureOf(store.head(at))).toMatchObject({ code: "AccessDenied", retryable: false });
  });

  test("makes another try worth it for all that were signed by it, and for none that was signed by the right one", async () => {
    const skewed = recordingFetch(() =>
      refusal(403, "RequestTimeTooSkewed", { date: new Date(Date.now() + hour).toUTCString() }),
    );
    const store = fetchStore({ ...base, credentials, fetch: skewed.fetch });
    const together = await Promise.all([1, 2, 3].map(() => failureOf(store.get(at))));
    expect(together.map(({ retryable }) => retryable)).toEqual([true, true, true]);
    expect((await failureOf(store.get(at))).retryable).toBe(false);

    const { fetch } = recordingFetch(
      () => new Response(null, { status: 403, headers: { date: new Date(Date.now() + hour).toUTCString() } }),
    );
    const silent = fetchStore({ ...base, credentials, fetch });
    const heads = await Promise.all([1, 2].map(() => failureOf(silent.head(at))));
    expect(heads).toMatchObject(Array(2).fill({ code: "RequestTimeTooSkewed", retryable: true }));
    expect(await failureOf(silent.head(at))).toMatchObject({ code: "AccessDenied", retryable: false });
  });

  test("has nothing to do with a request that it has not signed", async () => {
    const { fetch } = recordingFetch(
      () => new Response(null, { status: 403, headers: { date: new Date(START - hour).toUTCString() } }),
    );
    const anonymous = fetchStore({ ...base, credentials: "anonymous", fetch });
    const presigned = presignedStore({ presign: () => "https://store.local/b/k", fetch });
    for (const store of [anonymous, presigned])
      expect(await failureOf(store.head(at))).toMatchObject({ code: "AccessDenied", retryable: false });
  });

  test("that cannot be set is no reason to try again", async () => {
    const { fetch } = recordingFetch(() => refusal(403, "RequestTimeTooSkewed"));
    const error = await failureOf(fetchStore({ ...base, credentials, fetch }).get(at));
    expect(error).toMatchObject({ code: "RequestTimeTooSkewed", retryable: false });
  });

  test("is set by the error itself where a browser hides the Date", async () => {
    const told = new Date(START + hour).toISOString();
    const { fetch } = recordingFetch(() =>
      refusal(403, "RequestTimeTooSkewed", {}, `<ServerTime>${told}</ServerTime>`),
    );
    expect((await failureOf(fetchStore({ ...base, credentials, fetch }).get(at))).retryable).toBe(true);
  });
});
