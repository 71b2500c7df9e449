import { type Column, columnsOf, type Table } from "../table.js";
import type { Outcome } from "./answer.js";
import type { Machine } from "./machine.js";
import { median } from "./median.js";
import type { Clock } from "./now.js";
import type { Measured, Plan } from "./rounds.js";

/** What a subject came to in a column, in the unit of the column; the ratio is to the floor of the same round. */
export type Figure =
  | {
      readonly median: number;
      readonly min: number;
      readonly max: number;
      readonly ratio?: number | undefined;
      readonly rounds: number;
    }
  | { readonly slowerThanSeconds: number }
  | { readonly failed: string };

/** One table on one Node: a file in bench/results. */
export interface Result {
  readonly table: string;
  readonly command: string;
  readonly date: string;
  readonly node: string;
  readonly rounds: number;
  readonly clock: Clock;
  readonly machine: Machine;
  /** The load of the machine before and after; more than one before says that it had other things to do. */
  readonly load: readonly [before: number, after: number];
  readonly versions: Readonly<Record<string, string>>;
  /** By column and subject. */
  readonly figures: Readonly<Record<string, Readonly<Record<string, Figure>>>>;
}

export function figuresOf(table: Table, measured: readonly Measured[], plan: Plan): Result["figures"] {
  return Object.fromEntries(
    columnsOf(table).map((column) => [column.id, columnFigures(column, measured, plan)]),
  );
}

function columnFigures(column: Column, measured: readonly Measured[], plan: Plan): Record<string, Figure> {
  const cells = measured.filter((cell) => cell.column === column.id);
  const floor = cells.find(({ subject }) => subject === column.floor)?.outcomes ?? [];
  return Object.fromEntries(cells.map(({ subject, outcomes }) => [subject, figure(outcomes, floor, plan)]));
}

function figure(outcomes: readonly Outcome[], floor: readonly Outcome[], { limitSeconds }: Plan): Figure {
  const figures = numbers(outcomes);
  if (figures.length > 0) {
    const floors = numbers(floor);
    const ratios = figures.flatMap((one, round) => {
      const other = floors[round];
      // Below nothing, or nothing at all, is noise: no ratio.
      return other !== undefined && other > 0 && one > 0 ? [one / other] : [];
    });
    return {
      median: rounded(median(figures)),
      min: rounded(Math.min(...figures)),
      max: rounded(Math.max(...figures)),
      ratio: ratios.length > 0 ? rounded(median(ratios)) : undefined,
      rounds: figures.length,
    };
  }
  const failed = outcomes.find((outcome) => "failed" in outcome);
  return failed ?? { slowerThanSeconds: limitSeconds };
}

const numbers = (outcomes: readonly Outcome[]): number[] =>
  outcomes.flatMap((outcome) => ("figure" in outcome ? [outcome.figure] : []));

const rounded = (value: number): number => Number(value.toPrecision(4));
