// A replica gets traffic once it is ready, and is replaced only when it is no longer alive: were readiness asked for
// all the time, an outage of the database would end every backend, and nobody could tell the user what is wrong.
const fs = require("node:fs");

const seenReady = "/tmp/seen-ready";
const probe = fs.existsSync(seenReady) ? "live" : "ready";

fetch(`http://127.0.0.1:${process.env.PORT}/api/v1/health/${probe}`)
  .then(async (response) => {
    if (!response.ok) throw new Error(`${probe}: ${response.status} ${await response.text()}`);
    fs.writeFileSync(seenReady, "");
  })
  .catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
