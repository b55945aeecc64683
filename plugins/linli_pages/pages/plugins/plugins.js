// The page of the plugins, for administrators: how each fares, why, and one click to switch it off or let it in again.

import { LinliElement, NotConnected, formatTime, h, language, linli, t, useStyles } from "/pages/linli.js";

const CALM = ["running", "imported", "stopped"];
const SHOWN = 5;

useStyles("/pages/plugins/plugins.css");

class Plugins extends LinliElement {
  build() {
    this.list = h("ul", { class: "plugins" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.append(h("h1", { tabindex: "-1" }, t("plugins.title")), this.problem, this.list);
    const again = () => this.ask();
    this.own(linli.subscribe({ type: "subscribe_events", event_type: "linli_plugins_updated" }, again));
    linli.connection.addEventListener("open", again);
    this.own(() => linli.connection.removeEventListener("open", again));
    this.ask();
  }

  async ask() {
    try {
      this.draw(await linli.command("linli/plugins/list", { language: language() }));
    } catch (error) {
      if (!(error instanceof NotConnected)) this.problem.textContent = t("plugins.failed"); // else asked again when open
    }
  }

  // Those that need somebody stand first; whoever works with the keyboard, or reads details, stays where they were.
  draw(plugins) {
    const active = document.activeElement;
    const held = active?.closest("[data-plugin]")?.dataset.plugin;
    const part = active?.localName === "summary" ? "summary" : "button";
    const open = new Set([...this.list.querySelectorAll("details[open]")].map((each) => each.dataset.of));
    const calm = (plugin) => CALM.includes(plugin.state) && !failed(plugin).length;
    plugins.sort((a, b) => calm(a) - calm(b) || a.domain.localeCompare(b.domain));
    this.list.replaceChildren(...plugins.map((plugin) => this.card(plugin, calm(plugin), open)));
    this.list.querySelector(`[data-plugin="${held}"] ${part}`)?.focus();
  }

  card(plugin, calm, open) {
    const heading = h("h2", {}, plugin.name, plugin.name === plugin.domain ? null : h("small", {}, plugin.domain));
    const state = h("strong", { class: calm ? "state" : "state problem" }, t(`plugins.state.${plugin.state}`));
    const since = plugin.since ? h("time", {}, formatTime(new Date(plugin.since))) : null;
    const top = h("div", { class: "top" }, heading, h("p", {}, state, since), this.button(plugin));
    const reason = plugin.reason ? h("p", { class: "reason" }, plugin.reason) : null;
    const entries = failed(plugin).map((entry) =>
      h("li", {}, h("strong", {}, entry.title), `${t(`plugins.entry.${entry.state}`)}${entry.reason ? `: ${entry.reason}` : ""}`),
    );
    const list = entries.length ? h("ul", { class: "entries" }, ...entries) : null;
    const attributes = { class: calm ? "card plugin" : "card plugin trouble", "data-plugin": plugin.domain };
    return h("li", attributes, top, reason, list, this.details(plugin, open));
  }

  button({ domain, name, state, exempt }) {
    const out = state === "quarantined" || (state === "disabled" && !exempt);
    if (!out && exempt) return h("p", { class: "note" }, t(`plugins.exempt.${exempt}`));
    const key = state === "quarantined" ? "release" : out ? "enable" : "disable";
    const onclick = async (event) => {
      if (key === "disable" && !confirm(t("plugins.sure", { plugin: name }))) return;
      event.target.disabled = true;
      this.problem.textContent = "";
      try {
        await linli.command(`linli/plugins/${out ? "release" : "disable"}`, { domain });
      } catch {
        this.problem.textContent = t("plugins.failed");
      }
      this.ask();
    };
    return h("button", { type: "button", onclick, "aria-label": `${t(`plugins.${key}`)} ${name}` }, t(`plugins.${key}`));
  }

  process({ running, starts }) {
    return t(running ? "plugins.process_runs" : "plugins.process_ended", { starts });
  }

  details(plugin, open) {
    const counts = Object.entries(plugin.counts).map(([kind, count]) => [t(`plugins.count.${kind}`), count]);
    const per = plugin.hook_calls ? (plugin.hook_seconds / plugin.hook_calls) * 1000 : 0;
    const facts = [
      ...counts,
      [t("plugins.hooks"), t("plugins.hook_time", { calls: plugin.hook_calls, each: per.toFixed(1) })],
      ...(plugin.process ? [[t("plugins.process"), this.process(plugin.process)]] : []),
      ...(plugin.requires.length ? [[t("plugins.requires"), plugin.requires.join(", ")]] : []),
    ];
    const recent = plugin.recent.slice(-SHOWN).reverse().map((charge) => {
      const where = charge.line ? `${charge.line} (${charge.where})` : charge.where;
      const kind = h("span", {}, t(`plugins.count.${charge.kind}`));
      return h("li", {}, h("time", {}, formatTime(charge.when)), kind, h("code", {}, where), h("span", {}, charge.what));
    });
    return h(
      "details",
      { "data-of": plugin.domain, open: open.has(plugin.domain) },
      h("summary", {}, t("plugins.details")),
      h("dl", {}, ...facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(value))))),
      recent.length ? h("h3", {}, t("plugins.recent")) : null,
      recent.length ? h("ol", { class: "recent" }, ...recent) : null,
    );
  }
}

function failed(plugin) {
  return plugin.entries.filter((entry) => !["loaded", "not_loaded", "setup_in_progress"].includes(entry.state));
}

customElements.define("linli-plugins", Plugins);
