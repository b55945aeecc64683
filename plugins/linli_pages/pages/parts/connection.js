// The live connection: opens, says who we are, comes back after every loss, and carries commands and subscriptions.

import { LogInNeeded, accessToken } from "./auth.js";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
const PING_EVERY_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;

// The hub did not answer a command, because the connection was lost or not there.
export class NotConnected extends Error {}

// What the hub answered instead of a result; `code` is for programs, the message for people.
export class CommandFailed extends Error {
  constructor({ code, message }) {
    super(message);
    this.code = code;
  }
}

// Events: "open" (each time), "lost", "loginneeded". `lostSince` is a Date while there is no connection.
export class Connection extends EventTarget {
  #socket = null;
  #id = 0;
  #waiting = new Map();
  #subscriptions = new Map();
  #pause = FIRST_PAUSE_MS;
  #timer = null;
  #ping = null;
  #closed = true;
  lostSince = null;
  isOpen = false;

  constructor() {
    super();
    const hurry = () => {
      if (document.visibilityState === "visible" && this.#timer !== null) this.#connect();
    };
    addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
    addEventListener("offline", () => this.#socket?.close());
  }

  open() {
    this.#closed = false;
    this.#connect();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#socket?.close();
  }

  // Begin anew: something is wrong that the connection itself has not noticed.
  restart() {
    this.#socket?.close();
  }

  // The result of a command; throws NotConnected, CommandFailed.
  command(type, data = {}) {
    if (!this.isOpen) return Promise.reject(new NotConnected());
    return this.#send({ ...data, type });
  }

  // Calls `callback(event)` now and after every reconnection, until the returned function is called. `began` runs
  // before the first event of each connection.
  subscribe(message, callback, began = () => {}) {
    const subscription = { message, callback, began, id: null };
    this.#subscriptions.set(subscription, true);
    if (this.isOpen) this.#begin(subscription).catch(() => {});
    return () => {
      this.#subscriptions.delete(subscription);
      if (this.isOpen && subscription.id !== null) {
        this.#waiting.delete(subscription.id);
        this.command("unsubscribe_events", { subscription: subscription.id }).catch(() => {});
      }
    };
  }

  async #connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    let token;
    try {
      token = await accessToken();
    } catch (error) {
      if (error instanceof LogInNeeded) this.dispatchEvent(new Event("loginneeded"));
      else this.#lost();
      return;
    }
    if (this.#closed || this.#socket !== null) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/websocket`);
    this.#socket = socket;
    const tooLate = setTimeout(() => socket.close(), ANSWER_WITHIN_MS);
    socket.onmessage = ({ data }) => {
      const parsed = JSON.parse(data);
      for (const message of Array.isArray(parsed) ? parsed : [parsed]) this.#received(socket, message, token);
    };
    socket.onclose = () => {
      clearTimeout(tooLate);
      if (this.#socket === socket) this.#lost();
    };
    this.addEventListener("open", () => clearTimeout(tooLate), { once: true });
  }

  #received(socket, message, token) {
    if (message.type === "auth_required") {
      socket.send(JSON.stringify({ type: "auth", access_token: token }));
    } else if (message.type === "auth_invalid") {
      accessToken(true).catch((error) => {
        if (error instanceof LogInNeeded) this.dispatchEvent(new Event("loginneeded"));
      });
    } else if (message.type === "auth_ok") {
      this.#opened();
    } else {
      this.#waiting.get(message.id)?.(message);
    }
  }

  #opened() {
    this.#id = 0;
    this.#pause = FIRST_PAUSE_MS;
    this.isOpen = true;
    this.lostSince = null;
    this.#send({ type: "supported_features", features: { coalesce_messages: 1 } }).catch(() => {});
    for (const subscription of this.#subscriptions.keys()) this.#begin(subscription).catch(() => {});
    this.#ping = setInterval(() => this.#pingOnce(), PING_EVERY_MS);
    this.dispatchEvent(new Event("open"));
  }

  #pingOnce() {
    const socket = this.#socket;
    const tooLate = setTimeout(() => socket?.close(), ANSWER_WITHIN_MS);
    this.#send({ type: "ping" }).then(
      () => clearTimeout(tooLate),
      () => clearTimeout(tooLate),
    );
  }

  #begin(subscription) {
    subscription.began();
    const answer = this.#send(subscription.message, subscription.callback);
    subscription.id = this.#id;
    return answer;
  }

  #send(message, onEvent) {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (answer) => {
        if (answer.type === "event") return onEvent?.(answer.event);
        if (!onEvent || answer.success === false) this.#waiting.delete(id);
        if (answer.type === "pong" || answer.success) return resolve(answer.result);
        return reject(answer.lost ? new NotConnected() : new CommandFailed(answer.error));
      });
      this.#socket.send(JSON.stringify({ ...message, id }));
    });
  }

  #lost() {
    clearInterval(this.#ping);
    this.#socket = null;
    const wasOpen = this.isOpen;
    this.isOpen = false;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const answer of waiting) answer({ success: false, lost: true });
    if (this.#closed) return;
    if (wasOpen || this.lostSince === null) {
      this.lostSince ??= new Date();
      this.dispatchEvent(new Event("lost"));
    }
    this.#timer = setTimeout(() => this.#connect(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }
}
