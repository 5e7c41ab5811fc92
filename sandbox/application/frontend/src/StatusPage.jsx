import { useStatus } from "./useStatus.js";

const HEADLINES = {
  asking: ["Asking the platform …", "The first answer arrives in a moment."],
  healthy: ["Everything works", "All services are up and answer in time."],
  degraded: ["Working, with limits", "A service that is not critical is down, or answers are slow."],
  unhealthy: ["The database is down", "Nothing can be read or written until it is back."],
  unreachable: ["The platform does not answer", "What you see below is what it said last."],
};

const SERVICES = [
  ["database", "Database", "PostgreSQL", ({ responseTime }) => [responseTime, "ms to answer"]],
  ["redis", "Cache", "Redis", ({ responseTime }) => [responseTime, "ms to answer"]],
  ["queues", "Queues", "BullMQ", ({ waiting, failed }) => [waiting, failed ? `waiting, ${failed} failed` : "waiting"]],
  ["memory", "Memory", "Backend process", ({ percentage }) => [percentage, "% of its limit"]],
];

/** The platform's live status, for people. */
export function StatusPage() {
  const { phase, report, instances, history, at } = useStatus();
  const [headline, explanation] = HEADLINES[phase];
  return (
    <main data-status={phase}>
      <header>
        <Mark />
        <p className="brand">
          Neurmatic <span>status</span>
        </p>
        {report && <p className="environment">{report.environment}</p>}
      </header>

      <section className="banner" role="status" aria-live="polite">
        <Light status={phase} />
        <div>
          <h1>{headline}</h1>
          <p>{explanation}</p>
        </div>
        <p className="asked">{at ? `Answered at ${new Date(at).toLocaleTimeString()}` : "No answer yet"}</p>
      </section>

      <section className="tiles" aria-label="Services" aria-busy={!report}>
        {SERVICES.map(([key, title, kind, measure]) => (
          <Tile key={key} title={title} kind={kind} service={report?.services[key]} measure={measure} known={phase !== "unreachable"} />
        ))}
      </section>

      <History samples={history} />
      {report && <Facts report={report} instances={instances} />}
    </main>
  );
}

/** One service: its state in words and colour, and its one number. */
function Tile({ title, kind, service, measure, known }) {
  const state = !service ? "asking" : known ? service.status : "unknown";
  const [number, unit] = service && service.status === "up" ? measure(service) : ["–", ""];
  return (
    <article className="tile" data-state={state}>
      <h2>
        {title} <small>{kind}</small>
      </h2>
      <p className="number">
        {number} <span>{unit}</span>
      </p>
      <p className="state">{{ up: "Up", down: "Down", unknown: "Not known", asking: "Asking …" }[state]}</p>
    </article>
  );
}

/** The last answers, each a bar: its height is the time that it took, its colour what it said. */
function History({ samples }) {
  const slowest = Math.max(100, ...samples.map((sample) => sample.milliseconds));
  const last = samples.at(-1);
  return (
    <section className="history" aria-label="Response times">
      <h2>
        Response times <small>{last ? `${last.milliseconds} ms, seen from your browser` : "as seen from your browser"}</small>
      </h2>
      <div className="bars" aria-hidden="true">
        {samples.map((sample, index) => (
          <i key={index} data-status={sample.status} style={{ height: `${Math.max(6, (sample.milliseconds / slowest) * 100)}%` }} />
        ))}
      </div>
    </section>
  );
}

/** What runs: releases, who answered, for how long it runs, how much it does. */
function Facts({ report, instances }) {
  const { requests, cpu } = report.metrics;
  const facts = [
    ["Release of the backend", report.release],
    ["Release of this page", __RELEASE__],
    ["Answered by", report.instance],
    ["Instances seen", Object.keys(instances).length],
    ["Running for", duration(report.uptime)],
    ["CPU of the instance", `${cpu.percentage} %`],
    ["Requests answered", requests.total.toLocaleString()],
    ["95 % answered within", `${requests.responseTime.p95} ms`],
  ];
  return (
    <dl className="facts">
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Say seconds as people do. */
function duration(seconds) {
  const [days, hours, minutes] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor);
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(seconds)} s`;
}

/** A sign that differs in shape as well as in colour. */
function Light({ status }) {
  const shapes = {
    healthy: <path d="m8 16.5 5.5 5.5L24 11" />,
    degraded: <path d="M16 8v10m0 5.5v.5" />,
    unhealthy: <path d="m10 10 12 12m0-12L10 22" />,
    unreachable: <path d="M9 16h14" />,
    asking: <path d="M9 16h.1M16 16h.1M23 16h.1" />,
  };
  return (
    <svg className="light" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="16" />
      {shapes[status]}
    </svg>
  );
}

function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M5 17h6l3-8 4 14 3-6h6" />
    </svg>
  );
}
