import { judge, titles } from "./court.js";

// What is bundled and carried into a runtime: a page calls the functions, and what serves is asked over HTTP.

declare global {
  var court: { judge: typeof judge; titles: typeof titles };
}

globalThis.court = { judge, titles };

export default {
  async fetch(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/titles":
        return Response.json(titles());
      case "/judge":
        return Response.json(await judge((await request.json()) as string));
      default:
        return new Response("there is nothing here", { status: 404 });
    }
  },
};
