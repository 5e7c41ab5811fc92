// Time limits, so that nothing that hangs makes anything else hang.

/** How long a health check waits for a dependency; all are asked at once, so health answers within this time. */
export const CHECK_MILLISECONDS = 1000;

/** From here on an answer is slow, and the system degraded. */
export const SLOW_MILLISECONDS = 500;

/** How long a request waits for a connection, which a busy host is slow to make, and then for its query. */
export const CONNECT_MILLISECONDS = 5000;
export const QUERY_MILLISECONDS = 5000;

/** How long a shutdown may take: a query that just began can end; with the drain, within the grace period. */
export const SHUTDOWN_MILLISECONDS = 6000;

/** Settle as `promise` does, or reject after `milliseconds`. */
export async function within(milliseconds, promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
