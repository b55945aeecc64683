// Texts in the reader's language, and times as that language writes them.

const KEY = "linli.language";
export const LANGUAGES = [
  ["zh-Hans", "简体中文"],
  ["en", "English"],
];

const texts = new Map();
let spoken = null;
let home = "pages";
let zone;

const supported = (tag) => {
  const code = (tag || "").toLowerCase().split(/[-_]/)[0];
  return { zh: "zh-Hans", cmn: "zh-Hans", en: "en" }[code];
};

export const language = () => spoken;

// What was chosen on this browser, then the user's own, the browser's, the deployment's language.
export function chooseLanguage(users, deployment) {
  const wanted = [localStorage.getItem(KEY), users, ...navigator.languages, deployment];
  const found = wanted.map(supported).find(Boolean) || "en";
  const same = found === spoken;
  spoken = found;
  document.documentElement.lang = found;
  return same;
}

export function keepLanguage(chosen) {
  localStorage.setItem(KEY, chosen);
}

// Reads the texts of a plugin; `t` then knows them, with the plugin's name before the key, and of the page's own
// plugin without it.
export async function loadTexts(domain, isHome = false) {
  const response = await fetch(`/pages/texts/${domain}/${spoken}.json`);
  texts.set(domain, response.ok ? await response.json() : {});
  if (isHome) home = domain;
}

export const hasText = (key, domain = home) => texts.get(domain)?.[key] !== undefined;

// t("light.on"), t("pages:lost_since", { time: "14:05" }); the key itself where there is no text.
export function t(key, values = {}) {
  const [domain, name] = key.includes(":") ? key.split(":", 2) : [home, key];
  const text = texts.get(domain)?.[name];
  if (text === undefined) return name;
  return text.replace(/\{(\w+)\}/g, (braces, parameter) => values[parameter] ?? braces);
}

export function setTimeZone(name) {
  zone = name;
}

// A time of day, with the date where that is not today; `when` in seconds since 1970, as the hub writes it, or a Date.
export function formatTime(when) {
  const date = when instanceof Date ? when : new Date(when * 1000);
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
  const day = new Intl.DateTimeFormat(spoken, { dateStyle: "medium", timeZone: zone });
  if (day.format(date) !== day.format(new Date())) Object.assign(options, { month: "numeric", day: "numeric" });
  return new Intl.DateTimeFormat(spoken, options).format(date);
}
