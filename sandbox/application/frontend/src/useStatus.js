import { useEffect, useState } from "react";

const POLL_MILLISECONDS = 3000;
const GIVE_UP_MILLISECONDS = 4000;
const REMEMBERED = 40;

/** Ask the platform for its status every few seconds; what it said last stays when it stops to answer. */
export function useStatus() {
  const [state, setState] = useState({ phase: "asking", report: null, instances: {}, history: [], at: null });

  useEffect(() => {
    let timer;
    let ended = false;

    async function ask() {
      const started = performance.now();
      const answer = await fetchReport();
      if (ended) return;
      const sample = { status: answer?.status ?? "unreachable", milliseconds: Math.round(performance.now() - started) };
      setState((before) => ({
        phase: sample.status,
        report: answer ?? before.report,
        instances: answer ? { ...before.instances, [answer.instance]: Date.now() } : before.instances,
        history: [...before.history, sample].slice(-REMEMBERED),
        at: answer ? Date.now() : before.at,
      }));
      timer = setTimeout(ask, POLL_MILLISECONDS);
    }

    ask();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, []);

  return state;
}

/** Return the platform's report, whatever its HTTP status; null when it gives none. */
async function fetchReport() {
  try {
    const response = await fetch("/api/v1/monitoring/status", {
      cache: "no-store",
      signal: AbortSignal.timeout(GIVE_UP_MILLISECONDS),
    });
    const report = await response.json();
    return report.services ? report : null;
  } catch {
    return null;
  }
}
