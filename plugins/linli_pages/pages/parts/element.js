// What elements are made of.

// h("button", { class: "big", onclick: go }, "Go"): an element. Text is always text, never markup.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// A page's style sheet, once.
export function useStyles(url) {
  if (!document.querySelector(`link[href="${url}"]`)) document.head.append(h("link", { rel: "stylesheet", href: url }));
}

// Base of all elements: `build` fills the element when it comes into the page; whatever `own` was given ends when it
// leaves.
export class LinliElement extends HTMLElement {
  #undo = [];

  connectedCallback() {
    this.replaceChildren();
    this.build();
  }

  disconnectedCallback() {
    for (const undo of this.#undo.splice(0)) undo();
  }

  own(undo) {
    this.#undo.push(undo);
  }

  build() {}
}
