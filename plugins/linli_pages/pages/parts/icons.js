// A few icons, drawn here, by the names that Home Assistant gives them; a name that is not here is a circle.

const LINES = {
  "mdi:home": ["M4 11.5 12 4l8 7.5", "M6.5 10v9.5h11V10", "M10 19.5V14h4v5.5"],
  "mdi:bell": ["M6 17h12l-1.5-2.5V10a4.5 4.5 0 0 0-9 0v4.5z", "M10.3 20h3.4"],
  "mdi:account-group": ["M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6z", "M3.5 19c.5-3.5 2.5-5 5.5-5s5 1.5 5.5 5", "M16 6a3 3 0 0 1 0 5.5M17 14c2 .5 3 2 3.5 5"],
  "mdi:format-list-bulleted": ["M5 7h.01M5 12h.01M5 17h.01", "M9 7h10M9 12h10M9 17h10"],
  "mdi:clock": ["M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z", "M12 7.5V12l3 2"],
  "mdi:cog": ["M12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M12 4v2.5M12 17.5V20M4 12h2.5M17.5 12H20M6.3 6.3l1.8 1.8M15.9 15.9l1.8 1.8M6.3 17.7l1.8-1.8M15.9 8.1l1.8-1.8"],
};
const CIRCLE = ["M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12z"];
const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const line of LINES[name] || CIRCLE) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}
