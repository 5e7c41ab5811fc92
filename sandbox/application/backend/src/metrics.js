// What this process uses and does: CPU, memory, requests.
import { totalmem } from "node:os";

const SAMPLE_MILLISECONDS = 5000;
const REMEMBERED_REQUESTS = 1000;

/** Return how much of the memory that this process may use it does use, in percent. */
export function memoryPercentage() {
  return Math.round((process.memoryUsage.rss() / memoryLimit()) * 100);
}

/** Return the container's memory limit, or the machine's memory where there is none. */
function memoryLimit() {
  // Without a limit, the kernel states one that is larger than the machine, or none at all.
  return Math.min(process.constrainedMemory() || Infinity, totalmem());
}

/** Return the value below which `share` of the values lie. */
export function percentile(values, share) {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Count the requests of a server, and return a function that reports on them and on the process. */
export function observe(app) {
  const durations = [];
  const requests = { total: 0, inFlight: 0, errors: 0 };
  app.addHook("onRequest", async () => {
    requests.total += 1;
    requests.inFlight += 1;
  });
  app.addHook("onResponse", async (_, reply) => {
    requests.inFlight -= 1;
    if (reply.statusCode >= 500) requests.errors += 1;
    durations.push(Math.round(reply.elapsedTime * 100) / 100);
    if (durations.length > REMEMBERED_REQUESTS) durations.shift();
  });

  let cpuPercentage = 0;
  let last = { used: process.cpuUsage(), at: performance.now() };
  const sampler = setInterval(() => {
    const { user, system } = process.cpuUsage(last.used);
    cpuPercentage = Math.round((user + system) / 10 / (performance.now() - last.at));
    last = { used: process.cpuUsage(), at: performance.now() };
  }, SAMPLE_MILLISECONDS);
  app.addHook("onClose", async () => clearInterval(sampler));

  return () => {
    const { rss, heapUsed } = process.memoryUsage();
    return {
      cpu: { percentage: cpuPercentage },
      memory: { rss, heapUsed, limit: memoryLimit(), percentage: memoryPercentage() },
      requests: {
        ...requests,
        responseTime: {
          p50: percentile(durations, 0.5),
          p95: percentile(durations, 0.95),
          p99: percentile(durations, 0.99),
        },
      },
    };
  };
}
