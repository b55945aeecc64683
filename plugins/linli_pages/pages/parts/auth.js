// Who is logged in on this browser: logging in, tokens that renew themselves, logging out.

const KEY = "linli.tokens";
const EARLY_MS = 60_000;
const clientId = () => `${location.origin}/`;

// Nobody is logged in (any more): the log-in form is next.
export class LogInNeeded extends Error {}

// A log-in or request that the hub refused; `status` is HTTP's, `seconds` how long to wait.
export class Refused extends Error {
  constructor(status, message, code, seconds) {
    super(message || String(status));
    Object.assign(this, { status, code, seconds });
  }
}

function read() {
  for (const kept of [localStorage, sessionStorage]) {
    try {
      const tokens = JSON.parse(kept.getItem(KEY));
      if (tokens && tokens.refresh_token) return { kept, tokens };
    } catch {
      kept.removeItem(KEY);
    }
  }
  return null;
}

function forget() {
  localStorage.removeItem(KEY);
  sessionStorage.removeItem(KEY);
}

export const isLoggedIn = () => read() !== null;

async function refusal(response) {
  const seconds = Number(response.headers.get("Retry-After")) || undefined;
  let said = {};
  try {
    said = await response.json();
  } catch {
    // no JSON: the status alone says it
  }
  return new Refused(response.status, said.message, said.code || said.error, seconds);
}

export async function post(path, body, headers = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw await refusal(response);
  return response.json();
}

async function askTokens(fields) {
  const response = await fetch("/auth/token", {
    method: "POST",
    body: new URLSearchParams({ client_id: clientId(), ...fields }),
  });
  if (!response.ok) throw await refusal(response);
  return response.json();
}

function keep(kept, answer, refreshToken) {
  const tokens = {
    access_token: answer.access_token,
    refresh_token: answer.refresh_token || refreshToken,
    expires: Date.now() + answer.expires_in * 1000,
  };
  kept.setItem(KEY, JSON.stringify(tokens));
  return tokens;
}

// An authorization code for a client, by the log-in form; null for a wrong name or password. Throws Refused.
export async function codeFor(client, redirect, username, password) {
  const flow = await post("/auth/login_flow", {
    client_id: client,
    redirect_uri: redirect,
    handler: ["homeassistant", null],
  });
  const step = await post(`/auth/login_flow/${flow.flow_id}`, { client_id: client, username, password });
  return step.type === "create_entry" ? step.result : null;
}

// Logs in; `stay` keeps it after the browser was closed. Returns false for a wrong name or password; throws Refused.
export async function logIn(username, password, stay) {
  const code = await codeFor(clientId(), clientId(), username, password);
  if (code === null) return false;
  const answer = await askTokens({ grant_type: "authorization_code", code });
  forget();
  keep(stay ? localStorage : sessionStorage, answer);
  return true;
}

let renewing = null;

async function renew({ kept, tokens }) {
  try {
    const answer = await askTokens({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
    return keep(kept, answer, tokens.refresh_token);
  } catch (error) {
    if (error instanceof Refused && (error.status === 400 || error.status === 403)) {
      forget();
      throw new LogInNeeded();
    }
    throw error;
  }
}

// An access token that is good for at least a minute. Throws LogInNeeded, or what fetch throws without a connection.
export async function accessToken(fresh = false) {
  const found = read();
  if (!found) throw new LogInNeeded();
  if (!fresh && found.tokens.expires - EARLY_MS > Date.now()) return found.tokens.access_token;
  renewing ??= renew(found).finally(() => {
    renewing = null;
  });
  return (await renewing).access_token;
}

// Ends this log-in on the hub too, whatever becomes of the request.
export async function logOut() {
  const found = read();
  forget();
  if (!found) return;
  try {
    await fetch("/auth/token", {
      method: "POST",
      body: new URLSearchParams({ action: "revoke", token: found.tokens.refresh_token }),
    });
  } catch {
    // the hub cannot be reached: the token is forgotten here and ends by itself
  }
}

// One request with the token of who is logged in; the answer as JSON. Throws Refused, LogInNeeded.
export async function api(method, path, body) {
  for (const fresh of [false, true]) {
    const headers = { Authorization: `Bearer ${await accessToken(fresh)}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    if (response.status === 401 && !fresh) continue;
    if (!response.ok) throw await refusal(response);
    return response.json();
  }
  return undefined;
}

// `callback` runs when another tab logs out.
export function onLogOutElsewhere(callback) {
  addEventListener("storage", (event) => {
    if ((event.key === KEY || event.key === null) && !isLoggedIn()) callback();
  });
}
