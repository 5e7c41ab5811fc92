// Redis, and the queue in it: work that a request starts and does not wait for.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { CHECK_MILLISECONDS, CONNECT_MILLISECONDS, QUERY_MILLISECONDS } from "./limits.js";

const NAME = "items";

// Redis holds a bounded history: what is done is only kept to be looked at.
const KEPT = { removeOnComplete: { count: 1000 }, removeOnFail: { count: 1000 } };

/** Connect; while Redis is away commands fail at once, and the connections are made again when it is back. */
export function connect({ redisUrl }, log) {
  const reconnect = { connectTimeout: CONNECT_MILLISECONDS, retryStrategy: (times) => Math.min(times * 100, 1000) };
  const redis = new Redis(redisUrl, {
    ...reconnect,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: CHECK_MILLISECONDS,
    socketTimeout: QUERY_MILLISECONDS,
  });
  // The worker waits in Redis for its next job, for as long as it takes.
  const blocking = new Redis(redisUrl, { ...reconnect, maxRetriesPerRequest: null });

  // The brief wants `allkeys-lru`, of which bullmq would warn at every start: hence no version check.
  const queue = new Queue(NAME, { connection: redis, skipVersionCheck: true, skipWaitingForReady: true });
  const worker = new Worker(NAME, async (job) => log.debug({ item: job.data.id }, "item announced"), {
    connection: blocking,
    skipVersionCheck: true,
  });

  let away = false;
  redis.on("ready", () => {
    log.info("redis connected");
    away = false;
  });
  redis.on("error", (error) => {
    if (!away) log.warn({ reason: error.message }, "redis connection lost");
    away = true;
  });
  // The first listener tells; without these three, each would write the same again to stderr, or end the process.
  for (const emitter of [blocking, queue, worker]) emitter.on("error", () => {});

  return {
    announce: (id) => queue.add("created", { id }, KEPT),
    ping: () => redis.ping(),
    counts: async () => {
      const { waiting, failed } = await queue.getJobCounts("waiting", "failed");
      return { waiting, failed };
    },
    close: async () => {
      await Promise.allSettled([worker.close(), queue.close()]);
      redis.disconnect();
      blocking.disconnect();
    },
  };
}
