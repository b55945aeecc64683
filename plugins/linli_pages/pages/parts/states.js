// What the user may see, live: the hub's compressed states (a: added, c: changed, r: removed) unfolded again.

const unfold = (id, short) => ({
  entity_id: id,
  state: short.s,
  attributes: short.a || {},
  last_changed: short.lc,
  last_updated: short.lu ?? short.lc,
});

function changed(before, difference) {
  const plus = difference["+"] || {};
  const attributes = { ...before.attributes, ...plus.a };
  for (const name of difference["-"]?.a || []) delete attributes[name];
  const last_changed = plus.lc ?? before.last_changed;
  return {
    ...before,
    state: plus.s ?? before.state,
    attributes,
    last_changed,
    last_updated: plus.lu ?? plus.lc ?? before.last_updated,
  };
}

export class States {
  #states = new Map();
  #followers = new Set();
  #fresh = false;

  get(id) {
    return this.#states.get(id);
  }

  all() {
    return [...this.#states.values()];
  }

  // Calls `callback(changes)` with a map of entity id to { before, after }, once per message of the hub; `first` is
  // true for the whole picture that comes after each connection.
  follow(callback) {
    this.#followers.add(callback);
    return () => this.#followers.delete(callback);
  }

  // A new connection begins: what comes first is the whole picture, and what it lacks is gone.
  begin() {
    this.#fresh = true;
  }

  apply(event) {
    const changes = new Map();
    const set = (id, after) => {
      changes.set(id, { before: this.#states.get(id), after });
      if (after === undefined) this.#states.delete(id);
      else this.#states.set(id, after);
    };
    const first = this.#fresh && event.a !== undefined;
    if (first) {
      this.#fresh = false;
      for (const id of this.#states.keys()) if (!(id in event.a)) set(id, undefined);
    }
    for (const [id, short] of Object.entries(event.a || {})) set(id, unfold(id, short));
    for (const [id, difference] of Object.entries(event.c || {})) {
      const before = this.#states.get(id);
      if (before) set(id, changed(before, difference));
    }
    for (const id of event.r || []) if (this.#states.has(id)) set(id, undefined);
    if (changes.size || first) for (const follower of [...this.#followers]) follower(changes, first);
  }
}
