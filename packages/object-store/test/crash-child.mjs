// A store in a process of its own, which does what it is told until it is killed: see crash.test.ts.
import { DirectoryStore } from "@sluice/object-store/node";

const [directory] = process.argv.slice(2);
const options = { sync: false, limits: { minPartSize: 4 } };

try {
  const store = await DirectoryStore.open(directory, options);
  process.on("message", async ({ id, method, args }) => {
    try {
      process.send({ id, result: await store[method](...args) });
    } catch (error) {
      process.send({ id, error: `${error}` });
    }
  });
  process.send({ id: 0 });
} catch (error) {
  process.send({ id: 0, error: `${error}` });
  process.disconnect();
}
