import type { Gateway } from "@sluice/s3-gateway";

// What a page has to see of an answer, beyond what browsers show of any: its length, type and date of change.
const EXPOSED = [
  "etag",
  "content-range",
  "content-encoding",
  "date",
  "x-amz-request-id",
  "x-amz-checksum-crc32",
  "x-amz-checksum-type",
  "x-amz-meta-colour",
];

/** The gateway, with what the CORS rules of a bucket would add to its answers: any page may do anything that it can sign. */
export const crossOrigin = (gateway: Gateway): Gateway => ({
  ...gateway,
  async fetch(request, origin) {
    const asks = request.method === "OPTIONS";
    const response = asks ? new Response(null, { status: 204 }) : await gateway.fetch(request, origin);
    response.headers.set("access-control-allow-origin", "*");
    response.headers.set("access-control-expose-headers", EXPOSED.join(", "));
    if (asks) {
      const wanted = request.headers.get("access-control-request-headers");
      response.headers.set("access-control-allow-methods", "GET, PUT, POST, DELETE, HEAD");
      if (wanted !== null) response.headers.set("access-control-allow-headers", wanted);
      response.headers.set("access-control-max-age", "600");
    }
    return response;
  },
});
