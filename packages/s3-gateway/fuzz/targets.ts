import { fetches } from "./fetches.js";
import { PARSERS } from "./parsers.js";
import type { FuzzTarget } from "./target.js";
import { wire } from "./wire.js";

export const TARGETS: readonly FuzzTarget[] = [...PARSERS, fetches, wire];
