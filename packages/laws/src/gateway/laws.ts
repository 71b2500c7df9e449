import { join, type LawRun, type Waivers } from "../join.js";
import type { Law } from "../law.js";
import { G3 } from "./law-of-admission.js";
import { G7 } from "./law-of-bodies.js";
import { G5 } from "./law-of-classes.js";
import { G9 } from "./law-of-headers.js";
import { G8 } from "./law-of-leaving.js";
import { G10 } from "./law-of-lookups.js";
import { G6 } from "./law-of-signatures.js";
import { G4 } from "./law-of-streaming.js";
import { G1, G2 } from "./laws-of-room.js";
import type { MakeGateway } from "./subject.js";

export const GATEWAY_LAWS: readonly Law<MakeGateway>[] = [G1, G2, G3, G4, G5, G6, G7, G8, G9, G10];

/**
 * The laws G, ready to judge your own gateway, over a store of the kit or over one that you bring. They make and sign
 * their own requests, and look on from both sides: from the clients', and from the store's.
 *
 * @example
 * ```ts
 * const make = () => ({ gateway: (options) => createGateway(options) });
 * for (const { id, says, run } of gatewayLaws(make)) test(`${id} ${says}`, () => run());
 * ```
 */
export const gatewayLaws = (make: MakeGateway, waivers?: Waivers): LawRun[] =>
  join(GATEWAY_LAWS, make, waivers);
