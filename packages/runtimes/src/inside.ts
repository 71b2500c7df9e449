import { judge, titles } from "./court.js";

// What is bundled and carried into a runtime: a page calls the functions, and a worker is asked over HTTP.

declare global {
  var court: { judge: typeof judge; titles: typeof titles };
}

globalThis.court = { judge, titles };

export default {
  async fetch(request: Request): Promise<Response> {
    const title = request.method === "POST" ? await request.text() : undefined;
    return Response.json(title === undefined ? titles() : await judge(title));
  },
};
