import type { GatewayLikeOptions, GatewaySubject } from "@sluice/laws";
import { createGateway, type Gateway } from "@sluice/s3-gateway";
import { Semaphore } from "@sluice/semaphore";

/** Our gateway, made as the laws G ask for one. */
export const gatewayOf = ({ requestBytes, controlBytes, budget, ...options }: GatewayLikeOptions): Gateway =>
  createGateway({ ...options, budget: budget as Semaphore, limits: { requestBytes, controlBytes } });

export const judged = (where: Partial<GatewaySubject> = {}): GatewaySubject => ({
  budget: (bytes) => new Semaphore(bytes),
  gateway: gatewayOf,
  ...where,
});
