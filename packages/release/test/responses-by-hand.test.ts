import { EventEmitter } from "node:events";
import { type NodeResponse, releaseOnResponse } from "@sluice/release/node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] });
});
afterEach(() => void vi.useRealTimers());

/** A response whose numbers the test moves. */
function response(parts: object = {}) {
  const handle = { bytesWritten: 0, writeQueueSize: 0 };
  const socket = Object.assign(new EventEmitter(), { _handle: handle });
  const fake = Object.assign(new EventEmitter(), {
    ...{ destroyed: false, writableFinished: false, writableLength: 0, socket, req: { socket } },
    destroy: (why: Error) => fake.emit("error", why),
    ...parts,
  });
  const release = vi.fn();
  const watch = (options = {}) => releaseOnResponse(fake as unknown as NodeResponse, release, options);
  return { fake, handle, socket, release, watch };
}

const idle = { idleTimeout: 100 };

describe("a response of HTTP/1", () => {
  test("is lost when nothing leaves it, whatever its handler adds, and keeps no listener", () => {
    const { fake, handle, release, watch } = response();
    const heard = vi.spyOn(fake, "destroy");
    watch(idle);
    for (let look = 0; look < 4; look++) {
      handle.bytesWritten += 10;
      handle.writeQueueSize += 10;
      fake.writableLength += 10;
      vi.advanceTimersByTime(25);
    }
    expect([release.mock.calls.length, heard.mock.calls.length]).toEqual([1, 1]);
    expect(heard).toHaveBeenCalledWith(expect.objectContaining({ code: "ERR_STALLED" }));
    expect(["finish", "close"].map((event) => fake.listenerCount(event))).toEqual([0, 0]);
  });

  test("is kept while something leaves it", () => {
    const { fake, handle, release, watch } = response();
    fake.writableLength = handle.writeQueueSize = 4;
    watch(idle);
    for (let look = 0; look < 20; look++) {
      handle.bytesWritten += 1;
      vi.advanceTimersByTime(50);
    }
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(125);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("waits for its handler when it has nothing, and for a connection", () => {
    const { release, watch } = response();
    watch(idle);
    const unconnected = response({ socket: null, writableLength: 4 });
    unconnected.watch(idle);
    vi.advanceTimersByTime(1_000);
    expect([release, unconnected.release].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  });

  test("is released at once when it has finished or was destroyed", () => {
    for (const parts of [{ writableFinished: true }, { destroyed: true }]) {
      const { release, watch } = response(parts);
      watch();
      expect(release).toHaveBeenCalledTimes(1);
    }
  });

  test.each(["finish", "close"])("is released on %s, and keeps no listener", (event) => {
    const { fake, socket, release, watch } = response({ socket: null });
    watch();
    expect(release).not.toHaveBeenCalled();
    fake.emit(event);
    expect(release).toHaveBeenCalledTimes(1);
    expect([...fake.eventNames(), ...socket.eventNames()]).toEqual([]);
  });

  test("is released with the connection on which it waits for its turn", () => {
    const { fake, socket, release, watch } = response({ socket: null });
    watch();
    socket.emit("close");
    expect(release).toHaveBeenCalledTimes(1);
    expect([...fake.eventNames(), ...socket.eventNames()]).toEqual([]);
  });
});

describe("a stream of HTTP/2", () => {
  test("is what a response of Node's compatible kind stands for", () => {
    const { fake, release } = response({ session: undefined });
    releaseOnResponse({ stream: fake, writableFinished: true } as unknown as NodeResponse, release);
    expect(release).not.toHaveBeenCalled();
    fake.emit("close");
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("is not over when the session has it all, and keeps no listener when it is lost", () => {
    const { fake, release, watch } = response({ session: undefined, writableFinished: true });
    watch({ ...idle, lifetime: 1_000 });
    vi.advanceTimersByTime(999);
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(release).toHaveBeenCalledTimes(1);
    expect(fake.listenerCount("close")).toBe(0);
  });
});
