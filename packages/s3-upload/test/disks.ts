import type { DiskLike } from "@sluice/laws";

/** The disks of the laws, by the directories that lead to them. Nothing is imported here that itself asks for a disk. */
export const disks = new Map<string, DiskLike>();

/** `node:fs/promises`, whose paths in those directories lead to those disks. */
export const routed = <Real extends object>(real: Real): Real =>
  new Proxy(real, {
    get(_, name) {
      const work: unknown = Reflect.get(real, name);
      if (typeof work !== "function") return work;
      return (...args: unknown[]) => {
        const path = String(args[0]);
        const directory = [...disks.keys()].find((one) => path === one || path.startsWith(`${one}/`));
        if (directory === undefined) return work.apply(real, args);
        const disk = disks.get(directory) as unknown as Record<
          string | symbol,
          (...args: unknown[]) => unknown
        >;
        return disk[name]!(...args);
      };
    },
  });
