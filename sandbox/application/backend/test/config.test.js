import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../src/config.js";

const complete = {
  DATABASE_URL: "postgres://user:canary@postgres:5432/neurmatic",
  REDIS_URL: "redis://:canary@redis:6379",
  JWT_SECRET: "canary",
  JWT_REFRESH_SECRET: "canary",
  SESSION_SECRET: "canary",
  RELEASE: "v1.0.0",
};

test("the version is the release without its v", () => assert.equal(load(complete).version, "1.0.0"));

test("every variable at fault is named, and no value is shown", () => {
  const wrong = { ...complete, DATABASE_URL: "mysql://user:canary@mysql", DATABASE_POOL_SIZE: "1", JWT_SECRET: "" };

  assert.throws(() => load(wrong), (error) => {
    for (const name of ["DATABASE_URL", "DATABASE_POOL_SIZE", "JWT_SECRET"]) assert.match(error.message, new RegExp(name));
    assert.doesNotMatch(error.message, /canary/);
    return true;
  });
});
