import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { refresher } from "./refresh";

const settled = () => new Promise((done) => setImmediate(done));

test("wishes during a load lead to one more load", async () => {
  let loads = 0;
  let end = () => {};
  const refresh = refresher(() => {
    loads++;
    return new Promise((done) => (end = done));
  });
  refresh();
  refresh();
  refresh();
  assert.equal(loads, 1);
  end();
  await settled();
  assert.equal(loads, 2);
  end();
  await settled();
  assert.equal(loads, 2);
  refresh();
  assert.equal(loads, 3);
});

test("a load that fails is tried again, but not for ever", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let loads = 0;
  const refresh = refresher(() => {
    loads++;
    return Promise.reject(new Error("no"));
  });
  refresh();
  for (let i = 0; i < 20; i++) {
    await settled();
    mock.timers.tick(10_000);
  }
  await settled();
  mock.timers.reset();
  assert.equal(loads, 5);
});
