// <linli-app>: the frame around every page. Decides between log-in, set-up and page; shows where one can go, and since
// when there is no connection.

import { api, isLoggedIn, logOut, onLogOutElsewhere } from "./auth.js";
import { NotConnected } from "./connection.js";
import { LinliElement, h } from "./element.js";
import "./authorize.js";
import "./forms.js";
import { linli } from "./hub.js";
import { icon } from "./icons.js";
import { LANGUAGES, chooseLanguage, formatTime, keepLanguage, language, loadTexts, setTimeZone, t } from "./texts.js";

const RESTORED_FOR_MS = 5000;

// The secret of a set-up link; taken out of the address at once, so that it stays in no history.
function takeSecret() {
  const match = /^#setup=([\w-]+)$/.exec(location.hash);
  if (match) history.replaceState(null, "", location.pathname + location.search);
  return match?.[1];
}

class App extends LinliElement {
  async build() {
    this.secret = takeSecret();
    chooseLanguage(undefined, this.getAttribute("language"));
    await loadTexts("pages");
    this.banner = h("div", { class: "banner", role: "status", "aria-live": "assertive", hidden: true });
    this.nav = h("nav", { "aria-label": t("pages:navigation"), hidden: true });
    this.tools = h("div", { class: "tools" }, this.languages());
    this.main = h("main", { id: "main", tabindex: "-1" });
    const skip = h("a", { class: "skip", href: "#main", onclick: () => this.main.focus() }, t("pages:skip"));
    this.append(skip, h("header", {}, this.nav, this.tools), this.banner, this.main);
    if (this.hasAttribute("authorize")) {
      this.authorize();
      return;
    }
    this.follow();
    addEventListener("hashchange", () => this.linkOpened());
    if (this.secret) this.setUp();
    else if (isLoggedIn()) this.run();
    else this.logIn();
  }

  // The set-up link was opened in a tab where this page stood already: only the fragment changed.
  linkOpened() {
    const secret = takeSecret();
    if (!secret) return;
    this.secret = secret;
    this.setUp();
  }

  languages() {
    const onchange = (event) => {
      keepLanguage(event.target.value);
      if (this.secret) history.replaceState(null, "", `#setup=${this.secret}`); // taken out again at once
      location.reload();
    };
    const options = LANGUAGES.map(([tag, name]) =>
      h("option", { value: tag, lang: tag, selected: tag === language() }, name),
    );
    return h("label", { class: "language" }, h("span", {}, t("pages:language")), h("select", { onchange }, ...options));
  }

  // before the page ------------------------------------------------------------------------------------------------

  authorize() {
    const refused = this.getAttribute("authorize") !== "yes";
    this.main.replaceChildren(h("linli-authorize", { refused, "needs-owner": this.hasAttribute("needs-owner") }));
  }

  logIn() {
    const form = h("linli-login", { "needs-owner": this.hasAttribute("needs-owner") });
    form.addEventListener("loggedin", () => this.run());
    this.main.replaceChildren(form);
  }

  setUp() {
    const form = document.createElement("linli-setup");
    form.secret = this.secret;
    form.addEventListener("loggedin", () => {
      this.secret = undefined;
      this.run();
    });
    form.addEventListener("givenup", () => {
      this.secret = undefined;
      if (isLoggedIn()) this.run();
      else this.logIn();
    });
    this.main.replaceChildren(form);
  }

  // the page -------------------------------------------------------------------------------------------------------

  async run() {
    this.removeAttribute("needs-owner");
    this.main.replaceChildren(h("p", { class: "waiting" }, t("pages:connecting")));
    await linli.start();
    const pages = await this.ask();
    const page = pages.find(({ name }) => name === this.getAttribute("page"));
    if (!this.hasAttribute("page") && pages.length) {
      location.replace(pages[0].url);
      return;
    }
    this.navigation(pages, page);
    if (page) await this.show(page);
    else this.main.replaceChildren(h("h1", { tabindex: "-1" }, t("pages:no_page")), h("p", {}, t("pages:no_page_note")));
  }

  // Who we are and where we may go; asked again where the connection was lost meanwhile.
  async ask() {
    const { connection } = linli;
    for (;;) {
      try {
        const asked = [linli.command("auth/current_user"), linli.command("get_config")];
        [linli.user, linli.config] = await Promise.all(asked);
        setTimeZone(linli.config.time_zone);
        return await api("GET", `/api/linli/pages?language=${language()}`);
      } catch (error) {
        if (!(error instanceof NotConnected || error instanceof TypeError)) throw error;
        if (connection.isOpen) connection.restart();
        await new Promise((resolve) => connection.addEventListener("open", resolve, { once: true }));
      }
    }
  }

  navigation(pages, present) {
    const links = pages.map((page) => {
      const current = page === present ? "page" : undefined;
      return h("li", {}, h("a", { href: page.url, "aria-current": current }, icon(page.icon), h("span", {}, page.title)));
    });
    this.nav.replaceChildren(h("ul", {}, ...links));
    this.nav.hidden = false;
    const leave = async () => {
      linli.connection.close();
      await logOut();
      location.assign("/");
    };
    this.leave ??= h("button", { type: "button", onclick: leave }, t("pages:log_out"));
    this.tools.append(h("span", { class: "user" }, linli.user.name), this.leave);
  }

  async show(page) {
    document.title = `${page.title} · ${linli.config.location_name}`;
    try {
      const [, loaded] = await Promise.all([loadTexts(page.domain, true), import(page.module)]);
      await loaded.ready;
      this.main.replaceChildren(document.createElement(page.element));
    } catch (error) {
      this.main.replaceChildren(h("p", { class: "problem", role: "alert" }, t("pages:page_failed")));
      throw error;
    }
    this.main.querySelector("h1")?.focus();
  }

  // the connection -------------------------------------------------------------------------------------------------

  follow() {
    const { connection } = linli;
    let restored;
    const say = (text, kind) => {
      clearTimeout(restored);
      this.banner.textContent = text;
      this.banner.className = `banner ${kind}`;
      this.banner.hidden = text === "";
    };
    connection.addEventListener("lost", () => {
      say(t("pages:lost_since", { time: formatTime(connection.lostSince) }), "lost");
      this.main.classList.add("stale");
    });
    connection.addEventListener("open", () => {
      this.main.classList.remove("stale");
      if (this.banner.hidden) return;
      say(t("pages:restored"), "restored");
      restored = setTimeout(() => say("", ""), RESTORED_FOR_MS);
    });
    const out = () => location.reload();
    connection.addEventListener("loginneeded", out);
    onLogOutElsewhere(out);
  }
}

customElements.define("linli-app", App);
