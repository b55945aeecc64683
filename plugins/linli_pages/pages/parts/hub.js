// The hub as pages use it: one connection and one picture of the states for everything in this window.

import { api } from "./auth.js";
import { Connection } from "./connection.js";
import { States } from "./states.js";

const connection = new Connection();
const states = new States();

export const linli = {
  connection,
  states,
  user: null,
  config: null,
  api,
  command: (type, data) => connection.command(type, data),
  subscribe: (message, callback) => connection.subscribe(message, callback),
  call: (domain, service, service_data = {}, target = undefined) =>
    connection.command("call_service", { domain, service, service_data, target }),
  // Resolves when the connection is (or is again) open and the first picture of the states is there.
  start: () =>
    new Promise((resolve) => {
      const end = states.follow(() => {
        end();
        resolve();
      });
      connection.subscribe(
        { type: "subscribe_entities" },
        (event) => states.apply(event),
        () => states.begin(),
      );
      connection.open();
    }),
};
