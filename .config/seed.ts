import fc from "fast-check";

// The same schedules for every mutant, also where a test names no seed.
fc.configureGlobal({ seed: 1 });
