// Which entities are shown, and in which area; from the registries, in the reader's own view.

import { language, linli } from "/pages/linli.js";
import { nameOf } from "/pages/overview/words.js";

const LEFT_OUT = new Set(["zone", "person", "device_tracker", "update", "event", "notify", "automation", "conversation"]);
const ORDER = ["alarm_control_panel", "lock", "light", "switch", "fan", "climate", "cover", "media_player"];

const CALLING = new Set(["battery", "problem", "tamper"]);

const rank = ({ entity_id }) => {
  const place = ORDER.indexOf(entity_id.split(".")[0]);
  return place < 0 ? ORDER.length : place;
};

export class Rooms {
  #areas = [];
  #devices = new Map();
  #entities = new Map();

  async load() {
    const [areas, devices, { entities }] = await Promise.all([
      linli.command("config/area_registry/list"),
      linli.command("config/device_registry/list"),
      linli.command("config/entity_registry/list_for_display"),
    ]);
    this.#areas = areas;
    this.#devices = new Map(devices.map((device) => [device.id, device.area_id]));
    this.#entities = new Map(entities.map((entity) => [entity.ei, entity]));
  }

  // Hidden entities are not for this page, and those that only maintain something (a category) are when they call
  // for somebody: a battery runs low.
  shows(state) {
    const entry = this.#entities.get(state.entity_id);
    if (LEFT_OUT.has(state.entity_id.split(".")[0]) || entry?.hb) return false;
    return entry?.ec === undefined || (state.state === "on" && CALLING.has(state.attributes.device_class));
  }

  // [{ id, name, states }]: areas in their order, those without an area last under no name; empty ones are left out.
  arrange(states) {
    const byArea = new Map(this.#areas.map(({ area_id }) => [area_id, []]));
    byArea.set(null, []);
    for (const state of states) {
      if (!this.shows(state)) continue;
      const entry = this.#entities.get(state.entity_id);
      const area = entry?.ai ?? this.#devices.get(entry?.di) ?? null;
      (byArea.get(area) ?? byArea.get(null)).push(state);
    }
    const names = new Map(this.#areas.map(({ area_id, name }) => [area_id, name]));
    return [...byArea]
      .filter(([, found]) => found.length)
      .map(([id, found]) => ({
        id: id ?? "none",
        name: names.get(id),
        states: found.sort((a, b) => rank(a) - rank(b) || nameOf(a).localeCompare(nameOf(b), language())),
      }));
  }
}
