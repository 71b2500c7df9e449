import type { Facts } from "./result.js";

const MIB = 2 ** 20;

export const mib = (bytes: number): string => `${Math.round(bytes / MIB).toLocaleString("en")} MiB`;

/** Where it was measured, and whether that can be relied upon. */
export function factsSaid({ command, date, node, machine, load }: Facts): string {
  const busy = Math.max(...load) > machine.cores;
  return `\`${command}\` on ${date}; Node ${node.replace(/^v/, "")}; ${machine.cpu}, ${machine.cores} cores, ${machine.system}.${
    busy
      ? `\n**The machine was busy** (a load of ${Math.max(...load)}): MiB/s and seconds say nothing, and processor times are rough.`
      : ""
  }`;
}
