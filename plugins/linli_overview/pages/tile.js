// <linli-tile>: one entity with its state and what one can do with it. `entity` is its id.

import { LinliElement, h, linli, t } from "/pages/linli.js";
import { isActive, nameOf, stateText } from "/pages/overview/words.js";

const SWITCHED = new Set(["light", "switch", "fan", "input_boolean", "siren", "humidifier"]);
const PRESSED = { button: "press", scene: "turn_on" };
const FAILED_FOR_MS = 6000;

class Tile extends LinliElement {
  build() {
    this.name = h("span", { class: "name", id: `name-${this.entity}` });
    this.state = h("span", { class: "state" });
    this.problem = h("span", { class: "problem", role: "alert" });
    this.action = this.makeAction(this.entity.split(".")[0]);
    this.append(h("span", { class: "what" }, this.name, this.state), ...(this.action ? [this.action] : []), this.problem);
    this.update();
  }

  update() {
    const state = linli.states.get(this.entity);
    if (!state || !this.name) return;
    this.name.textContent = nameOf(state);
    this.state.textContent = stateText(state);
    this.classList.toggle("active", isActive(state));
    const gone = state.state === "unavailable";
    this.classList.toggle("gone", gone);
    if (!this.action) return;
    this.action.disabled = gone;
    this.refresh?.(state);
  }

  // The one thing that can be done with an entity of this domain here; most have none.
  makeAction(domain) {
    if (SWITCHED.has(domain)) return this.makeSwitch(domain);
    if (domain in PRESSED) return this.button(t("press"), () => this.call(domain, PRESSED[domain]));
    if (domain === "lock") return this.makeLock();
    if (domain === "cover") return this.makeCover();
    return null;
  }

  button(label, onclick) {
    return h("button", { type: "button", "aria-describedby": `name-${this.entity}`, onclick }, label);
  }

  makeSwitch(domain) {
    const isOn = () => linli.states.get(this.entity)?.state === "on";
    const button = h("button", {
      type: "button",
      class: "switch",
      role: "switch",
      "aria-labelledby": `name-${this.entity}`,
      onclick: () => this.call(domain, isOn() ? "turn_off" : "turn_on"),
    });
    this.refresh = ({ state }) => button.setAttribute("aria-checked", String(state === "on"));
    return button;
  }

  // Locking is done at once; unlocking is asked about, since a slip of the finger opens a home.
  makeLock() {
    const button = this.button("", () => {
      const locked = linli.states.get(this.entity)?.state === "locked";
      if (!locked) this.call("lock", "lock");
      else if (confirm(t("unlock_sure", { name: this.name.textContent }))) this.call("lock", "unlock");
    });
    this.refresh = ({ state }) => {
      button.textContent = state === "locked" ? t("unlock") : t("lock");
    };
    return button;
  }

  makeCover() {
    const button = this.button("", () => {
      const closed = linli.states.get(this.entity)?.state === "closed";
      this.call("cover", closed ? "open_cover" : "close_cover");
    });
    this.refresh = ({ state }) => {
      button.textContent = state === "closed" ? t("open") : t("close");
    };
    return button;
  }

  async call(domain, service) {
    this.problem.textContent = "";
    this.setAttribute("aria-busy", "true");
    try {
      await linli.call(domain, service, {}, { entity_id: this.entity });
    } catch (error) {
      this.problem.textContent = t(error.message === "Unauthorized" ? "only_look" : "failed");
      setTimeout(() => {
        this.problem.textContent = "";
      }, FAILED_FOR_MS);
    } finally {
      this.removeAttribute("aria-busy");
    }
  }
}

customElements.define("linli-tile", Tile);
