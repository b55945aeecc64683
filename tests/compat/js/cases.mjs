// What an application does with home-assistant-js-websocket, against a hub of either kind.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

// Constants that no hub has an influence on; every other export has to be used by a case below.
export const constants = new Set([
  "ERR_CONNECTION_LOST", "ERR_INVALID_AUTH_CALLBACK", "ERR_INVALID_HTTPS_TO_HTTP", "MSG_TYPE_AUTH_INVALID",
  "MSG_TYPE_AUTH_OK", "MSG_TYPE_AUTH_REQUIRED", "STATE_FINAL_WRITE", "STATE_NOT_RUNNING", "STATE_STARTING", "STATE_STOPPING",
]);

const until = (start) =>
  new Promise((resolve, reject) => {
    const finish = start((value) => resolve(value), reject);
    void finish;
  });

async function connected(client, hub, run) {
  const auth = client.createLongLivedTokenAuth(hub.url, hub.token);
  const connection = await client.createConnection({ auth });
  try {
    return await run(connection);
  } finally {
    connection.close();
  }
}

async function lamp(connection, name) {
  const made = await connection.sendMessagePromise({
    type: "input_boolean/create",
    name: `compat js ${name} ${randomBytes(4).toString("hex")}`,
  });
  return `input_boolean.${made.id}`;
}

async function loginCode(hub) {
  const clientId = `${hub.url}/`;
  const post = async (path, body) =>
    (await fetch(hub.url + path, { method: "POST", body: JSON.stringify(body) })).json();
  const flow = await post("/auth/login_flow", {
    client_id: clientId,
    handler: ["homeassistant", null],
    redirect_uri: `${clientId}?auth_callback=1`,
  });
  const done = await post(`/auth/login_flow/${flow.flow_id}`, {
    client_id: clientId,
    username: "owner",
    password: hub.owner,
  });
  return done.result;
}

export const cases = {
  "it connects, tells its version and answers a ping": (client, hub) =>
    connected(client, hub, async (connection) => {
      assert.ok(connection instanceof client.Connection);
      assert.match(connection.haVersion, /^20\d\d\.\d+/);
      await connection.ping();
    }),

  "a wrong token is refused": async (client, hub) => {
    const auth = client.createLongLivedTokenAuth(hub.url, "wrong");
    await assert.rejects(client.createConnection({ auth }), (error) => error === client.ERR_INVALID_AUTH);
    await assert.rejects(client.createConnection(), (error) => error === client.ERR_HASS_HOST_REQUIRED);
    await assert.rejects(client.createSocket({ auth, setupRetry: 0 }), (error) => error === client.ERR_INVALID_AUTH);
  },

  "a hub that is not there": async (client) => {
    const auth = client.createLongLivedTokenAuth("http://127.0.0.1:9", "x");
    await assert.rejects(client.createConnection({ auth, setupRetry: 0 }), (e) => e === client.ERR_CANNOT_CONNECT);
  },

  "states, services, configuration and the user are read": (client, hub) =>
    connected(client, hub, async (connection) => {
      const id = await lamp(connection, "read");
      assert.ok((await client.getStates(connection)).some((state) => state.entity_id === id));
      assert.ok("turn_on" in (await client.getServices(connection)).input_boolean);
      assert.equal((await client.getConfig(connection)).state, client.STATE_RUNNING);
      assert.equal((await client.getUser(connection)).is_admin, true);
    }),

  "entities follow their changes": (client, hub) =>
    connected(client, hub, async (connection) => {
      const id = await lamp(connection, "follow");
      const seen = [];
      await until((resolve) =>
        client.subscribeEntities(connection, (entities) => {
          const state = entities[id]?.state;
          if (state === seen.at(-1)) return;
          seen.push(state);
          const next = { off: "turn_on", on: "turn_off" }[state];
          if (seen.length < 4) client.callService(connection, "input_boolean", next, {}, { entity_id: id });
          else resolve();
        }),
      );
      assert.deepEqual(seen, ["off", "on", "off", "on"]);
      assert.equal(client.entitiesColl(connection).state[id].attributes.editable, true);
      assert.ok(!Number.isNaN(Date.parse(client.entitiesColl(connection).state[id].last_changed)));
    }),

  "attributes that come and go": (client, hub) =>
    connected(client, hub, async (connection) => {
      const id = `sensor.compat_js_${randomBytes(4).toString("hex")}`;
      const put = (body) =>
        fetch(`${hub.url}/api/states/${id}`, {
          method: "POST",
          headers: { Authorization: `Bearer ${hub.token}` },
          body: JSON.stringify(body),
        });
      const steps = [
        { state: "1", attributes: { a: 1, b: 2 } },
        { state: "1", attributes: { a: 5, c: null } },
        { state: "2", attributes: {} },
      ];
      const seen = [];
      await until((resolve) => {
        client.subscribeEntities(connection, (entities) => {
          if (entities[id] === undefined) {
            if (seen.length === 0) put(steps[0]);
            else resolve();
            return;
          }
          const { state, attributes } = entities[id];
          if (JSON.stringify(seen.at(-1)) === JSON.stringify({ state, attributes })) return;
          seen.push({ state, attributes: { ...attributes } });
          if (seen.length < steps.length) put(steps[seen.length]);
          else fetch(`${hub.url}/api/states/${id}`, { method: "DELETE", headers: { Authorization: `Bearer ${hub.token}` } });
        });
      });
      assert.deepEqual(seen, steps);
    }),

  "events are heard until they are not": (client, hub) =>
    connected(client, hub, async (connection) => {
      const heard = [];
      const stop = await connection.subscribeEvents((event) => heard.push(event.data.n), "compat_js");
      await connection.sendMessagePromise({ type: "fire_event", event_type: "compat_js", event_data: { n: 1 } });
      await stop();
      await connection.sendMessagePromise({ type: "fire_event", event_type: "compat_js", event_data: { n: 2 } });
      await connection.ping();
      assert.deepEqual(heard, [1]);
    }),

  "collections of configuration and services": (client, hub) =>
    connected(client, hub, async (connection) => {
      const config = await until((resolve) => client.subscribeConfig(connection, resolve));
      assert.equal(config.time_zone, "Asia/Shanghai");
      const services = await until((resolve) => client.subscribeServices(connection, resolve));
      assert.ok("input_boolean" in services);
      await client.configColl(connection).refresh();
      await client.servicesColl(connection).refresh();
    }),

  "a collection of one's own": (client, hub) =>
    connected(client, hub, async (connection) => {
      const fetchAreas = (conn) => conn.sendMessagePromise({ type: "config/area_registry/list" });
      const follow = (conn, store) =>
        conn.subscribeEvents(() => fetchAreas(conn).then((areas) => store.setState(areas, true)), "area_registry_updated");
      const name = `compat js ${randomBytes(4).toString("hex")}`;
      let made; // answered once it is on the disk, which may be after the event that it causes
      await until((resolve) => {
        client.createCollection("_areas", fetchAreas, follow, connection, (areas) => {
          if (Object.values(areas).some((area) => area.name === name)) resolve();
        });
        setTimeout(() => { made = connection.sendMessagePromise({ type: "config/area_registry/create", name }); }, 100);
      });
      await made;
      assert.equal(client.getCollection(connection, "_areas").state !== undefined, true);
      assert.equal(typeof client.createStore().subscribe, "function");
    }),

  "a live template": (client, hub) =>
    connected(client, hub, async (connection) => {
      const id = await lamp(connection, "template");
      const results = [];
      let called; // its answer comes after the event that it causes, and must not be lost with the connection
      await until((resolve) => {
        connection.subscribeMessage(
          (event) => {
            results.push(event.result);
            if (results.length > 1) resolve();
            else called = client.callService(connection, "input_boolean", "turn_on", { entity_id: id });
          },
          { type: "render_template", template: `{{ is_state('${id}', 'on') }}` },
        );
      });
      await called;
      assert.deepEqual(results, [false, true]);
    }),

  "a refused command tells its code": (client, hub) =>
    connected(client, hub, async (connection) => {
      await assert.rejects(connection.sendMessagePromise({ type: "compat_none" }), { code: "unknown_command" });
      await assert.rejects(client.callService(connection, "compat_none", "x"), { code: "not_found" });
    }),

  "a lost connection is made again with its subscriptions": (client, hub) =>
    connected(client, hub, async (connection) => {
      const heard = [];
      await connection.subscribeEvents((event) => heard.push(event.data.n), "compat_js_again");
      const ready = until((resolve) => connection.addEventListener("ready", resolve));
      connection.reconnect();
      await ready;
      await connection.ping();
      await connection.sendMessagePromise({ type: "fire_event", event_type: "compat_js_again", event_data: { n: 1 } });
      assert.deepEqual(heard, [1]);
    }),

  "many answers at once come together": (client, hub) =>
    connected(client, hub, async (connection) => {
      const answers = await Promise.all(Array.from({ length: 300 }, () => client.getConfig(connection)));
      assert.equal(answers.length, 300);
    }),

  "logging in by a code, refreshing and revoking": async (client, hub) => {
    let saved;
    globalThis.location = new URL(hub.url); // the client makes its id of the page's address
    const auth = await client.getAuth({
      hassUrl: hub.url,
      clientId: client.genClientId(),
      authCode: await loginCode(hub),
      saveTokens: (tokens) => {
        saved = tokens;
      },
    });
    assert.ok(auth instanceof client.Auth);
    assert.equal(auth.expired, false);
    assert.ok(saved.expires > Date.now());
    assert.ok(client.genExpires(60) > Date.now());
    await auth.refreshAccessToken();
    const connection = await client.createConnection({ auth });
    assert.equal((await client.getUser(connection)).is_owner, true);
    const closed = until((resolve) => connection.addEventListener("disconnected", resolve));
    await auth.revoke();
    await closed;
    connection.close();
    await assert.rejects(auth.refreshAccessToken());
    const again = client.createLongLivedTokenAuth(hub.url, auth.accessToken);
    await assert.rejects(client.createConnection({ auth: again }), (e) => e === client.ERR_INVALID_AUTH);
  },
};
