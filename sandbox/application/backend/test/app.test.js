import assert from "node:assert/strict";
import test, { after } from "node:test";
import pino from "pino";
import { build } from "../src/app.js";

const config = { version: "1.0.0", release: "v1.0.0", environment: "test", instance: "a", notes: false };

const started = [];
after(() => Promise.all(started.map((app) => app.close())));

/** A server over a database that keeps its rows in a map, or does not answer at all. */
function server({ database = {}, queues = {}, notes = false } = {}) {
  const rows = new Map();
  const app = build({
    config: { ...config, notes },
    database: {
      ping: async () => {},
      query: async (text, [id, name] = []) => {
        if (text.startsWith("INSERT")) {
          if (rows.has(id)) return { rows: [] };
          rows.set(id, { id, name });
        }
        return { rows: rows.has(id) ? [rows.get(id)] : [] };
      },
      ...database,
    },
    queues: { announce: async () => {}, ping: async () => "PONG", counts: async () => ({ waiting: 0, failed: 0 }), ...queues },
    loggerInstance: pino({ level: "silent" }),
  });
  started.push(app);
  return app;
}

const post = (app, payload) => app.inject({ method: "POST", url: "/api/v1/items", payload });
const lost = () => Promise.reject(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));

test("an item sent twice is written once", async () => {
  const app = server();

  const answers = [await post(app, { id: "a", name: "first" }), await post(app, { id: "a", name: "second" })];

  assert.deepEqual(answers.map((answer) => answer.statusCode), [201, 200]);
  assert.equal(answers[1].json().name, "first");
});

test("a request that is not valid is told which field is wrong", async () => {
  const answer = await post(server(), { id: "not an id" });

  assert.equal(answer.statusCode, 400);
  assert.equal(answer.json().faults[0].field, "id");
});

test("a write is accepted while redis is away", async () => {
  const answer = await post(server({ queues: { announce: lost } }), { id: "a" });

  assert.equal(answer.statusCode, 201);
});

test("while the database is away, requests and readiness answer 503, and liveness 200", async () => {
  const app = server({ database: { ping: lost, query: lost } });
  const get = async (path) => (await app.inject(`/api/v1/${path}`)).statusCode;

  assert.equal((await post(app, { id: "a" })).statusCode, 503);
  assert.deepEqual(await Promise.all(["items/a", "health", "health/ready", "health/live"].map(get)), [503, 503, 503, 200]);
});

test("while redis is away, the system is degraded and ready", async () => {
  const app = server({ queues: { ping: lost, counts: lost } });

  const health = await app.inject("/api/v1/health");

  assert.equal(health.statusCode, 200);
  assert.equal(health.json().status, "degraded");
  assert.equal((await app.inject("/api/v1/health/ready")).statusCode, 200);
});

test("monitoring shows the health and what the process uses", async () => {
  const status = (await server().inject("/api/v1/monitoring/status")).json();

  assert.equal(status.status, "healthy");
  assert.equal(status.release, "v1.0.0");
  assert.ok(status.metrics.memory.percentage >= 0);
  assert.equal(status.metrics.requests.total, 1);
});
