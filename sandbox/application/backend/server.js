// Starts the backend, and ends it in order: no new connections, the requests in hand answered, then everything closed.
import pino from "pino";
import { build } from "./src/app.js";
import { load } from "./src/config.js";
import * as databases from "./src/database.js";
import { SHUTDOWN_MILLISECONDS, within } from "./src/limits.js";
import * as redis from "./src/queues.js";

const config = load(process.env);
const logger = pino({ base: { release: config.release, instance: config.instance } });
const database = databases.connect(config, logger);
const queues = redis.connect(config, logger);
const app = build({ config, database, queues, loggerInstance: logger });

async function shutdown() {
  await app.close();
  await Promise.all([database.close(), queues.close()]);
}

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, async () => {
    logger.info({ signal }, "shutting down");
    try {
      await within(SHUTDOWN_MILLISECONDS, shutdown());
      logger.info("shut down");
    } catch (error) {
      logger.error({ reason: error.message }, "shut down with work left");
    }
    process.exit();
  });
}

await app.listen({ host: "0.0.0.0", port: config.port });
