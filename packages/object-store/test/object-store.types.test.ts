import { type Fault, MemoryStore, type ObjectStore } from "@sluice/object-store";
import { test } from "vitest";

test("what must not compile does not", () => {
  // Never called: the compiler is the judge.
  void function neverCalled(store: ObjectStore, faulty: Omit<ObjectStore, "buckets" | "putPart">) {
    const target = { bucket: "bucket", key: "k" };
    // @ts-expect-error a text is no body: its bytes depend on an encoding
    void store.put(target, "hello");
    // @ts-expect-error a stream alone does not say how long it is
    void store.put(target, new Response("hello").body!);
    // @ts-expect-error only "*" can be meant: a write does not exclude one version
    void store.put(target, new Uint8Array(1), { ifNoneMatch: '"etag"' });
    // @ts-expect-error a part number excludes nothing in `head`, but a range says nothing there
    void store.head(target, { range: { start: 0 } });
    // @ts-expect-error a store may have no buckets to manage
    void store.buckets.list();
    // @ts-expect-error a decorator that forgets a method is no store
    const forgetful: ObjectStore = faulty;
    // @ts-expect-error a fault names a method of the port
    const unknown: Fault = { on: "upload", do: "hang" };
    // @ts-expect-error what fails, fails with an error
    const silent: Fault = { on: "put", do: "fail" };
    void [forgetful, unknown, silent, new MemoryStore().buckets.list()];
  };
});
