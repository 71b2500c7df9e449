import { judge, titles, told } from "./court.js";
import { throughGateway } from "./gateway.js";
import { relay } from "./relay.js";
import { type Server, TRANSFERS } from "./transfers.js";

// What is bundled and carried into a runtime: a page calls the functions, and what serves is asked over HTTP.

const transfer = (name: keyof typeof TRANSFERS, server: Server): Promise<unknown> => TRANSFERS[name](server);

declare global {
  var court: { judge: typeof judge; titles: typeof titles; transfer: typeof transfer };
}

globalThis.court = { judge, titles, transfer };

export default {
  async fetch(request: Request): Promise<Response> {
    try {
      if (request.url.includes("/gateway/")) return await throughGateway(request);
      const { pathname, searchParams } = new URL(request.url);
      const [, what, name = ""] = pathname.split("/");
      const server = JSON.parse(searchParams.get("server") ?? "null") as Server;
      switch (what) {
        case "titles":
          return Response.json(titles());
        case "judge":
          return Response.json(await judge((await request.json()) as string));
        case "transfer":
          return Response.json(await transfer(name as keyof typeof TRANSFERS, server));
        case "relay":
          return await relay(request, server, name);
        default:
          return new Response("there is nothing here", { status: 404 });
      }
    } catch (error) {
      return new Response(told(error), { status: 500 });
    }
  },
};
