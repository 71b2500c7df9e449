/** Where a package stands. It may import from lower layers only. */
export interface Place {
  readonly layer: number;
  /** It runs on Node alone, so that all of it may import `node:` modules. */
  readonly node?: true;
  /** The packages of this repo that it may import; all of the lower layers if left out. */
  readonly only?: readonly string[];
  /** It may import types from them, but nothing that runs. */
  readonly typesOnly?: true;
  /** The third-party packages that its source may import; below layer 2, none if left out. */
  readonly thirdParty?: readonly string[];
  /** The files that may import a name which is computed when the program runs. */
  readonly computed?: readonly string[];
}

/** The map of the repo. Each package has a place, from which the rule *arrows* follows. */
export const MAP: Readonly<Record<string, Place>> = {
  semaphore: { layer: 0 },
  // The frameworks that it has a middleware for.
  release: { layer: 0, thirdParty: ["express", "fastify", "hono"] },
  "object-store": { layer: 0 },

  channel: { layer: 1 },
  "read-slots": { layer: 1 },
  "s3-aws-sdk": {
    layer: 1,
    only: ["object-store"],
    thirdParty: ["@aws-sdk/client-s3"],
    // Node's Readable, where there is one: the SDK's own HTTP handler for Node takes nothing else.
    computed: ["src/node-stream.ts"],
  },
  "s3-fetch": { layer: 1, only: ["object-store"], thirdParty: ["aws4fetch", "@rgrove/parse-xml"] },
  // It judges implementations, also those of others, so it must not know one.
  laws: { layer: 1, only: ["object-store"], typesOnly: true, thirdParty: ["fast-check"] },

  "s3-upload": {
    layer: 2,
    // The size of a file that a stream reads, where there are files.
    computed: ["src/lib-storage/size.ts"],
  },
  "s3-download": { layer: 2 },
  "s3-encryption": { layer: 2, only: ["object-store"] },

  "s3-gateway": { layer: 3 },
  // Above the gateway, because one of its commands runs it.
  cli: { layer: 4, node: true },

  checks: { layer: 5, node: true },
  // What it carries into other runtimes needs no Node; what carries it there does.
  runtimes: { layer: 5 },
  bench: { layer: 5, node: true },
  docs: { layer: 5, node: true },
};

/** Up to this layer nothing third-party is imported, but what the map names. */
export const HIGHEST_LAYER_WITHOUT_THIRD_PARTY = 1;
