/** As much of Node's Readable as this package uses: the sources know no Node types. */
export interface NodeReadable {
  push(chunk: Uint8Array | null): boolean;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

type ReadableConstructor = new (options: {
  highWaterMark: number;
  read(this: NodeReadable): void;
}) => NodeReadable;

interface StreamModule {
  readonly Readable: ReadableConstructor;
}

/** Node's Readable class, which its HTTP handler asks for by `instanceof`. Called only where there is one. */
export async function nodeReadable(): Promise<ReadableConstructor> {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => StreamModule | undefined };
  };
  const builtin = process?.getBuiltinModule?.(NODE_STREAM);
  // Nodes before 20.16 have no getBuiltinModule.
  return (builtin ?? ((await import(NODE_STREAM)) as StreamModule)).Readable;
}

// Put together here, so that bundlers for browsers do not look for it.
const NODE_STREAM = ["node", "stream"].join(":");

/** Whether it is a Node Readable, or enough like one. */
export const isNodeReadable = (body: unknown): body is NodeReadable =>
  typeof body === "object" && body !== null && "pause" in body && "on" in body && "destroy" in body;
