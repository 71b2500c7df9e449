import type { ObjectStore } from "@sluice/object-store";

/** A store with some of its methods in another way. */
export const overriding = (store: ObjectStore, methods: Partial<ObjectStore>): ObjectStore =>
  new Proxy(store, {
    get: (inner, name: keyof ObjectStore) =>
      methods[name] ?? (typeof inner[name] === "function" ? inner[name].bind(inner) : inner[name]),
  });
