import type { Sinner } from "../law.js";
import { ReferenceGateway } from "./reference.js";
import { SINS, type Sin } from "./sins.js";
import type { MakeGateway } from "./subject.js";

/** The reference, in one of its wrong forms. */
export const sinner = (sin: Sin): Sinner<MakeGateway> => ({
  sin: SINS[sin],
  make: () => ({ gateway: (options) => new ReferenceGateway(options, sin) }),
});

/** The obvious gateway, without a sin. */
export const referenceGateway: MakeGateway = () => ({ gateway: (options) => new ReferenceGateway(options) });
