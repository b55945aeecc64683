// Runs every case of cases.mjs against HUB_URL, one after the other, and prints {name: "ok" | what went wrong}.
import WebSocket from "ws";
import * as client from "home-assistant-js-websocket";
import { cases, constants } from "./cases.mjs";

globalThis.WebSocket = WebSocket; // node 20 has none of its own

const hub = { url: process.env.HUB_URL, token: process.env.HUB_TOKEN, owner: process.env.HUB_PASSWORD };
const report = {};
const used = new Set();
const watched = new Proxy({}, {
  get: (_, name) => {
    used.add(name);
    return client[name];
  },
});
const within = (promise, seconds) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

for (const [name, run] of Object.entries(cases)) {
  try {
    await within(run(watched, hub), 15);
    report[name] = "ok";
  } catch (problem) {
    report[name] = problem?.stack ?? `refused: ${JSON.stringify(problem)}`;
  }
}
report.uncovered = Object.keys(client).filter((name) => !used.has(name) && !constants.has(name));
console.log(JSON.stringify(report));
process.exit(0); // the client's grace periods would hold the process for seconds
