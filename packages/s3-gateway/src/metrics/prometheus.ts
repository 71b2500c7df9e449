import type { GatewaySnapshot } from "./snapshot.js";

/** One value, with what tells it from the others of its name. The values of labels are ours, so none needs escaping. */
export type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number];

/** One metric in the text format of Prometheus 0.0.4. */
export function metric(
  name: string,
  type: "counter" | "gauge" | "histogram",
  help: string,
  samples: number | readonly (Sample | readonly [...Sample, suffix: string])[],
): string {
  const all = typeof samples === "number" ? [[{}, samples] as const] : samples;
  const lines = all.map(([labels, value, suffix = ""]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join("")}`;
}

/** A snapshot in the text format of Prometheus. */
export function prometheusText(snapshot: GatewaySnapshot): string {
  const { budget, requests, shed, cut, durations } = snapshot;
  const reasons = (counts: Readonly<Record<string, number>>): Sample[] =>
    Object.entries(counts).map(([reason, count]) => [{ reason }, count]);
  return [
    metric(
      "sluice_gateway_requests_total",
      "counter",
      "Requests that are over.",
      requests.map(({ operation, status, count }): Sample => [{ operation, status }, count]),
    ),
    metric(
      "sluice_gateway_requests_in_progress",
      "gauge",
      "Requests that are not over.",
      snapshot.inProgress,
    ),
    metric("sluice_gateway_received_bytes_total", "counter", "Bytes of objects received.", snapshot.bytesIn),
    metric(
      "sluice_gateway_delivered_bytes_total",
      "counter",
      "Bytes of objects delivered.",
      snapshot.bytesOut,
    ),
    metric("sluice_gateway_budget_bytes", "gauge", "Bytes that requests may hold.", budget.capacity),
    metric("sluice_gateway_budget_held_bytes", "gauge", "Bytes that are held.", budget.held),
    metric("sluice_gateway_budget_peak_bytes", "gauge", "Most bytes held at a time.", budget.peakHeld),
    metric("sluice_gateway_waiting", "gauge", "Requests that wait for the budget.", snapshot.waiting),
    metric("sluice_gateway_identities", "gauge", "Identities that hold or wait.", snapshot.identities),
    metric(
      "sluice_gateway_stuck_seconds",
      "gauge",
      "Since anybody who waits was let in.",
      snapshot.stuckMs / 1_000,
    ),
    metric("sluice_gateway_shed_total", "counter", "Requests sent away with 503.", reasons(shed)),
    metric("sluice_gateway_cut_total", "counter", "Requests given up on the way.", reasons(cut)),
    metric("sluice_gateway_request_seconds", "histogram", "From arrival to the last byte.", [
      ...durations.buckets.map(({ le, count }) => [{ le }, count, "_bucket"] as const),
      [{ le: "+Inf" }, durations.count, "_bucket"],
      [{}, durations.sum, "_sum"],
      [{}, durations.count, "_count"],
    ]),
  ].join("");
}
