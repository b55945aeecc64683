// <linli-authorize>: the log-in form for another program (OAuth 2): it is told by a code at its own address.

import { codeFor } from "./auth.js";
import { h } from "./element.js";
import { Login } from "./forms.js";
import { t } from "./texts.js";

// `address` with parameters behind those that it has; what stands behind # stays there. Put together as a text: an app's
// own address (homeassistant://…) is no address that URL keeps as it is.
export function withParameters(address, parameters) {
  const [front, ...rest] = address.split("#");
  const between = front.includes("?") ? (/[?&]$/.test(front) ? "" : "&") : "?";
  return [front + between + new URLSearchParams(parameters), ...rest].join("#");
}

class Authorize extends Login {
  build() {
    const asked = new URLSearchParams(location.search);
    [this.client, this.redirect] = [asked.get("client_id"), asked.get("redirect_uri")];
    this.state = asked.get("state");
    if (this.hasAttribute("refused")) {
      const heading = h("h1", { tabindex: "-1" }, t("pages:authorize.refused"));
      const why = h("p", { class: "problem", role: "alert" }, t("pages:authorize.refused_note"));
      this.append(h("section", { class: "card" }, heading, why));
      heading.focus();
      return;
    }
    super.build();
  }

  // What the form says above its fields.
  hint() {
    return h("p", { class: "hint" }, t("pages:authorize.client", { client: new URL(this.client).host }));
  }

  async enter(username, password, stay) {
    const code = await codeFor(this.client, this.redirect, username, password);
    if (code === null) return false;
    const parameters = { code, ...(this.state !== null && { state: this.state }), ...(stay && { storeToken: "true" }) };
    location.assign(withParameters(this.redirect, parameters));
    return true;
  }
}

customElements.define("linli-authorize", Authorize);
