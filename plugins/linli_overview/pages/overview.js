// The home on one page: areas with their entities, and what just happened.

import { LinliElement, NotConnected, formatTime, h, linli, t, useStyles } from "/pages/linli.js";
import "/pages/overview/attention.js";
import { Rooms } from "/pages/overview/rooms.js";
import "/pages/overview/tile.js";
import { isReading, nameOf, stateText } from "/pages/overview/words.js";

const HAPPENED = 12;
const REGISTRIES = ["area", "device", "entity"].map((name) => `${name}_registry_updated`);

useStyles("/pages/overview/overview.css");

class Overview extends LinliElement {
  build() {
    this.rooms = new Rooms();
    this.tiles = new Map();
    this.areas = h("div", { class: "areas" });
    this.events = h("ol", { class: "happened" });
    this.quiet = h("p", {}, t("news.none"));
    this.quiet.hidden = true; // until it is known
    const news = h("section", { class: "card news", "aria-labelledby": "news" });
    news.append(h("h2", { id: "news" }, t("news.title")), this.events, this.quiet);
    this.append(h("h1", { tabindex: "-1" }, linli.config.location_name), h("linli-attention"), this.areas, news);
    this.own(linli.states.follow((changes, first) => this.changed(changes, first)));
    for (const event_type of REGISTRIES) {
      this.own(linli.subscribe({ type: "subscribe_events", event_type }, () => this.arrange()));
    }
    const again = () => this.arrange();
    linli.connection.addEventListener("open", again);
    this.own(() => linli.connection.removeEventListener("open", again));
    this.arrange();
  }

  // Which entity stands in which area; asked anew when a registry changes, once for all changes of a moment.
  async arrange() {
    if (this.arranging) return;
    this.arranging = true;
    await new Promise((resolve) => setTimeout(resolve, 50));
    this.arranging = false;
    try {
      await this.rooms.load();
    } catch (error) {
      if (error instanceof NotConnected) return; // asked again when the connection is back
      console.error(error); // entities are shown all the same, under no area
    }
    this.draw();
    if (!this.events.hasChildNodes()) this.recall();
  }

  draw() {
    const held = document.activeElement?.closest("linli-tile")?.entity;
    this.tiles.clear();
    const areas = this.rooms.arrange(linli.states.all());
    const nameless = areas.length > 1 ? t("elsewhere") : t("devices");
    const sections = areas.map(({ id, name, states }) => {
      const heading = `area-${id}`;
      const tiles = states.map((state) => {
        const tile = document.createElement("linli-tile");
        tile.entity = state.entity_id;
        this.tiles.set(state.entity_id, tile);
        return h("li", {}, tile);
      });
      return h(
        "section",
        { class: "card area", "aria-labelledby": heading },
        h("h2", { id: heading }, name ?? nameless),
        h("ul", { class: "tiles" }, ...tiles),
      );
    });
    const empty = h("p", { class: "card" }, t("empty"));
    this.areas.replaceChildren(...(sections.length ? sections : [empty]));
    this.tiles.get(held)?.querySelector("button")?.focus(); // whoever works with the keyboard stays where they were
  }

  changed(changes, first) {
    let others = false;
    for (const [id, { before, after }] of changes) {
      const tile = this.tiles.get(id);
      if (tile && after && this.rooms.shows(after)) tile.update();
      else if (tile || (after && this.rooms.shows(after))) others = true;
      if (!first && before && after && before.state !== after.state && !isReading(after)) this.tell(after);
    }
    if (others) this.draw();
    if (first) this.recall();
  }

  // What had happened before this page was opened, as far as the present states tell. What entities became while the
  // hub came up did not happen then: it is only as long known.
  async recall() {
    let started;
    try {
      started = (await linli.command("linli/hub")).started_at ?? Infinity;
    } catch (error) {
      if (error instanceof NotConnected) return; // asked again when the connection is back
      throw error;
    }
    const recent = linli.states
      .all()
      .filter((state) => state.last_changed > started && this.rooms.shows(state) && !isReading(state))
      .sort((a, b) => b.last_changed - a.last_changed)
      .slice(0, HAPPENED);
    this.events.replaceChildren(...recent.map((state) => this.line(state)));
    this.quiet.hidden = recent.length > 0;
  }

  tell(state) {
    if (!this.rooms.shows(state)) return;
    this.events.prepend(this.line(state));
    this.quiet.hidden = true;
    while (this.events.children.length > HAPPENED) this.events.lastChild.remove();
  }

  line(state) {
    return h(
      "li",
      {},
      h("time", {}, formatTime(state.last_changed)),
      h("span", {}, nameOf(state)),
      h("strong", {}, stateText(state)),
    );
  }
}

customElements.define("linli-overview", Overview);
