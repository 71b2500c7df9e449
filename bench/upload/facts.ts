import type { Facts } from "./result.js";

const MIB = 2 ** 20;

export const mib = (bytes: number): string => `${Math.round(bytes / MIB).toLocaleString("en")} MiB`;

/** Whether more processes wanted to run than could. */
export const isBusy = ({ load, machine }: Facts): boolean => Math.max(...load) > machine.cores;

/** Where it was measured, and whether that can be relied upon. */
export function factsSaid(facts: Facts): string {
  const { command, date, node, machine, load } = facts;
  return `\`${command}\` on ${date}; Node ${node.replace(/^v/, "")}; ${machine.cpu}, ${machine.cores} cores, ${machine.system}.${
    isBusy(facts)
      ? `\n**The machine was busy** (a load of ${Math.max(...load)}): MiB/s and seconds say nothing, and processor times are rough.`
      : ""
  }`;
}
