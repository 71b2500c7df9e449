const asked = (name: string) => (process.env[name] ? Number(process.env[name]) : undefined);

/** Mutation testing asks for few schedules, and the same ones for every mutant. */
export const effort = {
  runs: asked("SLUICE_LAW_RUNS"),
  seed: asked("SLUICE_LAW_SEED"),
  operations: asked("SLUICE_LAW_OPERATIONS"),
};

/** How many schedules a property of a whole program plays. */
export const schedules = (usually: number): { numRuns: number } => ({
  numRuns: effort.runs === undefined ? usually : effort.runs * 10,
});
