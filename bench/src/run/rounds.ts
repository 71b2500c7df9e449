import { columnsOf, type Table } from "../table.js";
import type { Outcome } from "./answer.js";
import { type Cell, measure } from "./cell.js";
import type { Clock } from "./now.js";
import type { Runtime } from "./runtime.js";

export interface Plan {
  readonly clock: Clock;
  readonly rounds: number;
  /** A cell that takes longer is killed, and recorded as slower than that. */
  readonly limitSeconds: number;
  /** A cell that takes longer in its first round gets no other. */
  readonly onceSeconds: number;
}

export interface Measured extends Cell {
  readonly outcomes: readonly Outcome[];
}

/**
 * Measures all cells of a table, one process at a time.
 *
 * - **Order:** round by round, and in each column by column, all its subjects next to each other: what the machine does
 *   besides for a while, it does to all of them.
 * - **Abort:** cannot be stopped but with the process.
 * - **Errors:** a cell that fails is an outcome.
 */
export async function play(
  table: Table,
  runtime: Runtime,
  plan: Plan,
  tell: (cell: Cell, round: number, outcome: Outcome) => void,
): Promise<Measured[]> {
  const cells = columnsOf(table).flatMap((column) =>
    column.subjects.map((subject) => ({
      table: table.id,
      column: column.id,
      subject,
      growsFrom: column.growsFrom,
      outcomes: [] as Outcome[],
    })),
  );
  const tooSlow = (column: string | undefined, subject: string) =>
    cells.some(
      (cell) =>
        cell.column === column && cell.subject === subject && cell.outcomes.some((one) => "tooSlow" in one),
    );
  const done = new Set<Cell>();
  for (let round = 1; round <= plan.rounds; round++) {
    for (const cell of cells) {
      if (done.has(cell)) continue;
      const start = performance.now();
      const outcome = tooSlow(cell.growsFrom, cell.subject)
        ? { tooSlow: true as const }
        : await measure(runtime, cell, plan);
      const seconds = (performance.now() - start) / 1_000;
      if (!("figure" in outcome) || seconds > plan.onceSeconds) done.add(cell);
      cell.outcomes.push(outcome);
      tell(cell, round, outcome);
    }
  }
  return cells;
}
