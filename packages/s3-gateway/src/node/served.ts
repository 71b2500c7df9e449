import type { Gateway } from "@sluice/s3-gateway";

/** What is served: a gateway, or something around one. Without its counts, there are none to show. */
export type Served = Pick<Gateway, "fetch"> & Partial<Pick<Gateway, "snapshot" | "metrics">>;
