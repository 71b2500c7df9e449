/** What a figure counts; everything else about a figure is relative. */
export type Unit = "ns" | "µs" | "ms" | "B" | "turns";

/** What Sluice wants of a column; of one of its own subjects only, where that is said. */
export type Goal =
  | { readonly is: "times"; readonly of: string; readonly atMost: number }
  | { readonly is: "more"; readonly than: string; readonly atMost: number }
  | { readonly is: "at most"; readonly atMost: number; readonly only?: string | undefined }
  | { readonly is: "ahead"; readonly of: readonly string[] };

/** One thing to measure, of some subjects. */
export interface Column {
  /** Unique in its table, and part of no path. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** The subject that the ratios are to. */
  readonly floor: string;
  readonly subjects: readonly string[];
  readonly goals: readonly Goal[];
  /** A smaller column: who is too slow in it is too slow here as well, and is not measured. */
  readonly growsFrom?: string | undefined;
  /**
   * Measures one subject in this process, and checks that the work was done.
   *
   * - **Order:** it is alone in its process.
   * - **Abort:** cannot be stopped; whoever started the process kills it.
   * - **Errors:** rejects if the subject did not do what it was asked to.
   */
  figure(subject: string): Promise<number>;
}

/** Columns that are read together: one table of the page, and one chart. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** How it was measured, in a few sentences. */
  readonly about: string;
  readonly columns: readonly Column[];
}

export interface Table {
  readonly id: string;
  readonly title: string;
  readonly sections: readonly Section[];
  /** The package of each subject that has one. */
  readonly packages: Readonly<Record<string, string>>;
}

export const columnsOf = ({ sections }: Table): Column[] => sections.flatMap(({ columns }) => columns);
