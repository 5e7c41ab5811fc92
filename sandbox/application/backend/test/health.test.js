import assert from "node:assert/strict";
import test from "node:test";
import { check, httpStatus, memoryStatus, overall, reporter } from "../src/health.js";

const up = { status: "up", responseTime: 5 };
const down = { status: "down", responseTime: 1000 };
const services = (changes = {}) => ({ database: up, redis: up, queues: { status: "up" }, memory: { status: "up" }, ...changes });

test("all services up and fast is healthy", () => assert.equal(overall(services()), "healthy"));
test("redis down is degraded", () => assert.equal(overall(services({ redis: down })), "degraded"));
test("queues down is degraded", () => assert.equal(overall(services({ queues: { status: "down" } })), "degraded"));
test("memory used up is degraded", () => assert.equal(overall(services({ memory: { status: "down" } })), "degraded"));
test("a slow database is degraded", () => {
  assert.equal(overall(services({ database: { status: "up", responseTime: 500 } })), "degraded");
});
test("the database down is unhealthy, whatever else is up", () => {
  assert.equal(overall(services({ database: down })), "unhealthy");
});
test("only unhealthy keeps traffic away", () => {
  assert.deepEqual(["healthy", "degraded", "unhealthy"].map((status) => httpStatus({ status })), [200, 200, 503]);
});
test("memory is down from 95 percent on", () => {
  assert.deepEqual([94, 95].map((percentage) => memoryStatus(percentage).status), ["up", "down"]);
});

test("a dependency that never answers is down when its time is over", async () => {
  const { status } = await check(() => new Promise(() => {}), 20);

  assert.equal(status, "down");
});

test("many who ask at once make one check", async () => {
  let pings = 0;
  const report = reporter({
    config: { version: "1.0.0", release: "v1.0.0", environment: "test", instance: "a" },
    database: { ping: async () => (pings += 1) },
    queues: { ping: async () => "PONG", counts: async () => ({ waiting: 2, failed: 1 }) },
    memoryPercentage: () => 45,
  });

  const [first] = await Promise.all([report(), report(), report()]);

  assert.equal(pings, 1);
  assert.equal(first.status, "healthy");
  assert.deepEqual(first.services.queues, { status: "up", waiting: 2, failed: 1 });
  assert.deepEqual(first.services.memory, { status: "up", percentage: 45 });
});
