// The one module that a page imports:
//
//   import { LinliElement, h, linli, t } from "/pages/linli.js";
//   class Doorbell extends LinliElement { build() { this.append(h("h1", {}, t("page.title"))); } }
//   customElements.define("linli-doorbell", Doorbell);
//
// linli.states     what this user may see, live: get(id), all(), follow(callback)
// linli.command    await linli.command("config/area_registry/list")
// linli.call       await linli.call("light", "turn_on", {}, { entity_id: "light.hall" })
// linli.subscribe  linli.subscribe({ type: "subscribe_events" }, callback); gives how to end it
// linli.api        await linli.api("GET", "/api/linli/pages")
// linli.user, linli.config
// t(key, values)   a text of the page's plugin, or of the frame: t("pages:log_out")

export { CommandFailed, NotConnected } from "./parts/connection.js";
export { LinliElement, h, useStyles } from "./parts/element.js";
export { icon } from "./parts/icons.js";
export { formatTime, hasText, language, loadTexts, t } from "./parts/texts.js";
export { linli } from "./parts/hub.js";
import "./parts/app.js";
