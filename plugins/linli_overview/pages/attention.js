// <linli-attention>: what stands until somebody sees to it: the hub's notifications to this user, and what is to be
// mended. Shown only while there is something.

import { LinliElement, NotConnected, formatTime, h, language, linli, t } from "/pages/linli.js";

const FILLED = /\{(\w+)\}/g;

class Attention extends LinliElement {
  build() {
    this.notes = new Map();
    this.issues = [];
    this.own(linli.subscribe({ type: "persistent_notification/subscribe" }, (event) => this.noted(event)));
    this.own(
      linli.subscribe({ type: "subscribe_events", event_type: "repairs_issue_registry_updated" }, () => this.ask()),
    );
    const again = () => this.ask();
    linli.connection.addEventListener("open", again);
    this.own(() => linli.connection.removeEventListener("open", again));
    this.ask();
    this.draw();
  }

  noted({ type, notifications }) {
    if (type === "current") this.notes.clear();
    for (const [id, note] of Object.entries(notifications)) {
      if (type === "removed") this.notes.delete(id);
      else this.notes.set(id, note);
    }
    this.draw();
  }

  async ask() {
    try {
      const { issues } = await linli.command("repairs/list_issues");
      const standing = issues.filter((issue) => !issue.ignored);
      if (standing.length && !this.texts) {
        const wanted = { language: language(), category: "issues" };
        this.texts = (await linli.command("frontend/get_translations", wanted)).resources;
      }
      this.issues = standing;
    } catch (error) {
      if (error instanceof NotConnected) return; // asked again when the connection is back
      console.error(error);
    }
    this.draw();
  }

  draw() {
    const lines = [...this.issues.map((issue) => this.issue(issue)), ...[...this.notes.values()].map((n) => this.note(n))];
    this.hidden = lines.length === 0;
    const title = h("h2", { id: "attention" }, t("attention.title"));
    this.replaceChildren(
      h("section", { class: "card attention", "aria-labelledby": "attention" }, title, h("ul", {}, ...lines)),
    );
  }

  issue({ domain, issue_id, translation_key, translation_placeholders: values }) {
    const say = (part) => {
      const text = this.texts?.[`component.${domain}.issues.${translation_key || issue_id}.${part}`];
      return text?.replace(FILLED, (braces, name) => values?.[name] ?? braces);
    };
    return h("li", {}, h("strong", {}, say("title") ?? issue_id), h("p", {}, say("description") ?? ""));
  }

  note({ notification_id, title, message, created_at }) {
    const onclick = () => linli.call("persistent_notification", "dismiss", { notification_id });
    const time = h("time", {}, formatTime(new Date(created_at)));
    const heading = title ? h("strong", {}, title) : null;
    const button = h("button", { type: "button", onclick }, t("attention.dismiss"));
    return h("li", {}, h("div", {}, heading, h("p", { class: "lines" }, message), time), button);
  }
}

customElements.define("linli-attention", Attention);
