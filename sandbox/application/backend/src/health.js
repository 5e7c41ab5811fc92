// The customer's rules for healthy, degraded and unhealthy, and the checks that feed them.
import { CHECK_MILLISECONDS, SLOW_MILLISECONDS, within } from "./limits.js";

/** Memory that is used to this share is as good as gone: the next large request may end the process. */
const MEMORY_FULL_PERCENTAGE = 95;

/** Answers this young are given again, so that many who ask cost no more than one. */
const FRESH_MILLISECONDS = 500;

/** Return the overall status that follows from the services' own. */
export function overall({ database, redis, queues, memory }) {
  if (database.status === "down") return "unhealthy";
  const down = [redis, queues, memory].some((service) => service.status === "down");
  const slow = [database, redis].some((service) => service.responseTime >= SLOW_MILLISECONDS);
  return down || slow ? "degraded" : "healthy";
}

/** Return the status of memory when this share of it is used. */
export function memoryStatus(percentage) {
  return { status: percentage >= MEMORY_FULL_PERCENTAGE ? "down" : "up", percentage };
}

/** Ask one dependency, and say within the time limit whether it is up, how long that took, and what it answered. */
export async function check(ask, limit = CHECK_MILLISECONDS) {
  const started = performance.now();
  const ended = (status, answer) => ({ status, responseTime: Math.round(performance.now() - started), answer });
  try {
    return ended("up", await within(limit, ask()));
  } catch {
    return ended("down");
  }
}

/** Keep of a check what the report shows of a service that is only fast or slow. */
function timed({ status, responseTime }) {
  return { status, responseTime };
}

/** Return a function that reports on the whole system, in the customer's form. */
export function reporter({ config, database, queues, memoryPercentage }) {
  let asking;
  let answeredAt = -Infinity;

  async function ask() {
    const [databaseStatus, redisStatus, queueStatus] = await Promise.all([
      check(database.ping),
      check(queues.ping),
      check(queues.counts),
    ]);
    answeredAt = performance.now();
    return {
      database: timed(databaseStatus),
      redis: timed(redisStatus),
      queues: { status: queueStatus.status, waiting: 0, failed: 0, ...queueStatus.answer },
      memory: memoryStatus(memoryPercentage()),
    };
  }

  return async function report() {
    if (performance.now() - answeredAt >= FRESH_MILLISECONDS) {
      answeredAt = Infinity;
      asking = ask();
    }
    const services = await asking;
    return {
      status: overall(services),
      services,
      uptime: Math.round(process.uptime() * 100) / 100,
      version: config.version,
      environment: config.environment,
      release: config.release,
      instance: config.instance,
    };
  };
}

/** Return the HTTP status that tells a load balancer the same as the report's status. */
export function httpStatus({ status }) {
  return status === "unhealthy" ? 503 : 200;
}
