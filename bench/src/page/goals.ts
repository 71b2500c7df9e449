import type { Figure, Result } from "../run/result.js";
import type { Column, Goal } from "../table.js";
import { figureText, ratioText } from "./figure.js";

/** Whose goals these are: the subject whose name begins like this and is measured against the others. */
const OURS = "Sluice";

export interface Verdict {
  readonly says: string;
  /** `undefined` where the figures do not say. */
  readonly met: boolean | undefined;
  readonly is: string;
}

/** Judges the goals of a column by what was measured. */
export function judge(column: Column, { figures }: Result): Verdict[] {
  const row = figures[column.id] ?? {};
  const variants = column.subjects.filter((subject) => subject.startsWith(OURS) && subject !== column.floor);
  return variants.flatMap((subject) =>
    column.goals
      .filter((goal) => isFor(goal, subject))
      .map((goal) => {
        const verdict = judgeOne(goal, column, row[subject], row);
        return subject === OURS ? verdict : { ...verdict, says: `${subject}: ${verdict.says}` };
      }),
  );
}

const isFor = (goal: Goal, subject: string): boolean =>
  goal.is !== "at most" || goal.only === undefined || goal.only === subject;

function judgeOne(
  goal: Goal,
  { unit, floor }: Column,
  own: Figure | undefined,
  row: Readonly<Record<string, Figure>>,
): Verdict {
  const value = medianOf(own);
  if (goal.is === "at most") {
    const says = `at most ${figureText(goal.atMost, unit)}`;
    if (value === undefined) return { says, met: undefined, is: "not measured" };
    return { says, met: value <= goal.atMost, is: figureText(value, unit) };
  }
  if (goal.is === "times") {
    const says = `at most ${ratioText(goal.atMost)} ${goal.of === floor ? `the ${floor}`.replace("the Sluice", "Sluice by count") : goal.of}`;
    const ratio = own !== undefined && "ratio" in own ? own.ratio : undefined;
    if (ratio === undefined) return { says, met: undefined, is: "not measured" };
    return { says, met: ratio <= goal.atMost, is: ratioText(ratio) };
  }
  if (goal.is === "more") {
    const says = `at most ${figureText(goal.atMost, unit)} more than the ${goal.than}`;
    const theirs = medianOf(row[goal.than]);
    if (value === undefined || theirs === undefined) return { says, met: undefined, is: "not measured" };
    return { says, met: value - theirs <= goal.atMost, is: figureText(value - theirs, unit) };
  }
  return ahead(goal.of, value, row);
}

function ahead(
  rivals: readonly string[],
  value: number | undefined,
  row: Readonly<Record<string, Figure>>,
): Verdict {
  const says = `ahead of ${rivals.join(", ")}`;
  const measured = rivals.flatMap((rival) => {
    const theirs = medianOf(row[rival]);
    return theirs === undefined ? [] : [{ rival, theirs }];
  });
  const best = measured.sort((a, b) => a.theirs - b.theirs)[0];
  if (value === undefined || best === undefined) return { says, met: undefined, is: "not measured" };
  return { says, met: value < best.theirs, is: `${ratioText(value / best.theirs)} of ${best.rival}` };
}

const medianOf = (figure: Figure | undefined): number | undefined =>
  figure !== undefined && "median" in figure ? figure.median : undefined;
