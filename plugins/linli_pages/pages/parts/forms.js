// The two forms before anything else: logging in, and setting the hub up with its one-time link.

import { Refused, logIn, post } from "./auth.js";
import { LinliElement, h } from "./element.js";
import { language, t } from "./texts.js";

let count = 0;

// A labelled field; `note` stands below it.
function field(label, attributes, note) {
  const id = `field-${++count}`;
  const described = note ? `${id}-note` : undefined;
  const input = h("input", { id, required: true, "aria-describedby": described, ...attributes });
  const below = note ? h("p", { id: described, class: "note" }, note) : null;
  return { input, row: h("div", { class: "field" }, h("label", { for: id }, label), input, below) };
}

function tick(label, attributes, onchange) {
  const box = h("input", { type: "checkbox", ...attributes, onchange });
  return { box, row: h("label", { class: "tick" }, box, h("span", {}, label)) };
}

function showPassword(...inputs) {
  return tick(t("pages:show_password"), {}, (event) => {
    for (const input of inputs) input.type = event.target.checked ? "text" : "password";
  }).row;
}

// What is wrong with a field, in the page's language (the browser would say it in its own), or undefined.
function fault(input) {
  if (input.validity.valueMissing) return t("pages:form.missing", { field: input.labels[0].textContent });
  if (input.validity.tooShort) return t("pages:form.short", { field: input.labels[0].textContent, least: input.minLength });
}

// A form that sends once at a time, and says what went wrong where a screen reader hears it.
class Form extends LinliElement {
  form(title, parts, button) {
    this.problem = h("p", { class: "problem", role: "alert" });
    this.button = h("button", { type: "submit", class: "main" }, button);
    const send = (event) => {
      event.preventDefault();
      this.send();
    };
    const heading = h("h1", { tabindex: "-1" }, title);
    this.append(h("form", { class: "card", onsubmit: send, novalidate: true }, heading, ...parts, this.problem, this.button));
  }

  async send() {
    if (this.button.disabled) return;
    this.problem.textContent = "";
    for (const input of this.querySelectorAll("input")) {
      input.removeAttribute("aria-invalid");
      const wrong = fault(input);
      if (wrong) return this.say(wrong, input);
    }
    this.button.disabled = true;
    try {
      await this.work();
    } catch (error) {
      this.say(this.explain(error));
    } finally {
      this.button.disabled = false;
    }
  }

  say(text, input) {
    this.problem.textContent = text;
    input?.setAttribute("aria-invalid", "true");
    input?.focus();
  }

  explain(error) {
    if (!(error instanceof Refused)) return t("pages:not_reachable");
    const wait = error.status === 429 || error.code === "too_many_requests";
    if (wait) return t("pages:wait", { seconds: error.seconds ?? 60 });
    if (error.status === 403) return t("pages:login.blocked");
    if (error.status === 503) return t("pages:login.closed");
    return error.message;
  }
}

// <linli-login>; fires "loggedin".
export class Login extends Form {
  build() {
    this.name = field(t("pages:login.name"), { name: "username", autocomplete: "username", autocapitalize: "none" });
    this.password = field(t("pages:login.password"), {
      name: "password",
      type: "password",
      autocomplete: "current-password",
    });
    this.stay = tick(t("pages:login.stay"), { checked: true });
    const noOwner = this.hasAttribute("needs-owner") ? h("p", { class: "hint" }, t("pages:login.no_owner")) : null;
    const shown = showPassword(this.password.input);
    const rows = [noOwner, this.hint(), this.name.row, this.password.row, shown, this.stay.row];
    this.form(t("pages:login.title"), rows, t("pages:login.button"));
    this.name.input.focus();
  }

  // What stands above the fields, if anything.
  hint() {
    return null;
  }

  // Does what the form is for; false for a wrong name or password.
  async enter(username, password, stay) {
    if (!(await logIn(username, password, stay))) return false;
    this.dispatchEvent(new Event("loggedin"));
    return true;
  }

  async work() {
    if (await this.enter(this.name.input.value, this.password.input.value, this.stay.box.checked)) return;
    this.say(t("pages:login.wrong"), this.password.input);
    this.password.input.select();
  }
}

// <linli-setup>, with the link's secret in `secret`; fires "loggedin", or "givenup" where the link is of no use.
class Setup extends Form {
  async build() {
    try {
      await post("/api/linli/onboarding/check", { secret: this.secret }, { "Accept-Language": language() });
    } catch (error) {
      this.useless(this.explain(error));
      return;
    }
    this.name = field(t("pages:setup.name"), { name: "username", autocomplete: "username" }, t("pages:setup.name_note"));
    const secret = { type: "password", autocomplete: "new-password", minlength: "8" };
    this.password = field(t("pages:setup.password"), { name: "new", ...secret }, t("pages:setup.password_note"));
    this.again = field(t("pages:setup.again"), { name: "again", ...secret });
    const rows = [
      h("p", {}, t("pages:setup.welcome")),
      this.name.row,
      this.password.row,
      this.again.row,
      showPassword(this.password.input, this.again.input),
    ];
    this.form(t("pages:setup.title"), rows, t("pages:setup.button"));
    this.name.input.focus();
  }

  // Also said of a link that is spent because there is an owner now.
  useless(text) {
    const heading = h("h1", { tabindex: "-1" }, t("pages:setup.title"));
    const onclick = () => this.dispatchEvent(new Event("givenup"));
    const button = h("button", { type: "button", class: "main", onclick }, t("pages:setup.to_login"));
    this.append(h("section", { class: "card" }, heading, h("p", { class: "problem", role: "alert" }, text), button));
    heading.focus();
  }

  async work() {
    const [name, password] = [this.name.input.value.trim(), this.password.input.value];
    if (password !== this.again.input.value) {
      this.say(t("pages:setup.differ"), this.again.input);
      return;
    }
    const form = { secret: this.secret, name, password, language: language() };
    await post("/api/linli/onboarding", form, { "Accept-Language": language() });
    await logIn(name, password, true);
    this.dispatchEvent(new Event("loggedin"));
  }

  explain(error) {
    return error instanceof Refused && error.status !== 429 ? error.message : super.explain(error);
  }
}

customElements.define("linli-login", Login);
customElements.define("linli-setup", Setup);
