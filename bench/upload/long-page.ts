import { factsSaid, mib } from "./facts.js";
import type { LongResult } from "./result.js";

const GIB = 2 ** 30;
const MIB = 2 ** 20;

export function longSection(result: LongResult): string {
  const rows = result.runs.map(({ bytes, cpu, peak, looks }) => {
    const size = bytes >= GIB ? `${bytes / GIB} GiB` : `${bytes / MIB} MiB`;
    const half = looks.slice(Math.floor(looks.length / 2));
    const late = half.length === 0 ? 0 : Math.max(...half.map(({ rss }) => rss));
    const early = Math.max(...looks.slice(0, Math.floor(looks.length / 2)).map(({ rss }) => rss));
    return `| ${size} | ${mib(early)} | ${mib(late)} | ${mib(peak)} | ${((cpu * GIB) / bytes).toFixed(2)} s |`;
  });
  return `## One long upload

${result.subject}, in a process that did nothing before; the highest RSS that was seen in the first half of the time, and in
the second.

| | first half | second half | peak RSS | processor time per GiB |
|-|-:|-:|-:|-:|
${rows.join("\n")}

10 MiB are two parts, so that it takes two buffers less.

${factsSaid(result)}
`;
}
