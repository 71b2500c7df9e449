import { factsSaid, mib } from "./facts.js";
import type { ManyOutcome } from "./many.js";
import type { ManyResult } from "./result.js";

export function manySection(result: ManyResult): string {
  const { plan, outcomes } = result;
  return `## Many uploads under a hard limit

${plan.uploads} uploads of ${mib(plan.bytes)} at once in one process, which may have ${plan.limitMib} MiB and no more: the kernel kills it if it takes more. Parts of
${mib(plan.partSize)}, ${plan.slots} at a time in each upload; the other side takes ${plan.delay} ms to answer each. Sluice's share one budget of
${mib(plan.budget)}: \`upload(store, target, body, { budget })\`. \`lib-storage\` has nothing of that kind.

${tableOf(outcomes, result)}

The peak is what the kernel counts against the limit; without a limit, it counts all the same. RSS is more, as pages that
a process shares with others, such as those of Node itself, are in it.

${stalls(result)}

${factsSaid(result)}
`;
}

function tableOf(outcomes: readonly ManyOutcome[], { plan }: ManyResult): string {
  const rows = outcomes.map(({ subject, limited, stalled, exit, peak, fates }) => {
    const name = subject.startsWith("Sluice") ? `**${subject}**` : subject;
    const silent = stalled > 0 ? `, ${stalled} sources silent` : "";
    return `| ${[
      `${name}${silent}`,
      limited ? `${plan.limitMib} MiB` : "none",
      exit === 137 ? "**killed** (137)" : `exit code ${exit}`,
      `${fates?.done ?? 0} of ${plan.uploads - stalled}`,
      mib(peak),
      fates === undefined ? "" : mib(fates.peakRss),
      fates?.peakHeld === undefined ? "" : `${mib(fates.peakHeld)} of ${mib(plan.budget)}`,
    ].join(" | ")} |`;
  });
  return [
    "| | limit | the process | uploads done | peak | peak RSS | held at the most |",
    "|-|-:|-|-:|-:|-:|-:|",
    ...rows,
  ].join("\n");
}

function stalls({ plan, outcomes }: ManyResult): string {
  const said = outcomes
    .filter(({ stalled, fates }) => stalled > 0 && fates !== undefined)
    .map(({ stalled, impatient, fates }) => {
      const others = plan.uploads - stalled;
      const when = impatient ? `after ${plan.patience / 1_000} s` : "when the others were done";
      return `- ${stalled} silent sources, given up ${when}: ${fates!.doneBefore} of the other ${others} uploads were done before, and ${fates!.done} in the end.`;
    });
  if (said.length === 0) return "";
  return `### Sources that go silent

Some of the sources stop half-way through a part and never say another word. Such an upload keeps the part that it has
begun, ${mib(plan.partSize)} of the budget, until whoever waits for it gives up, by the \`signal\` of the upload. As long as a part is left
for the others they go on, more slowly; when silent sources hold all of it, the others wait until somebody gives up. So
an upload from a source that may go silent needs a \`signal\`, or a budget of its own.

${said.join("\n")}`;
}
