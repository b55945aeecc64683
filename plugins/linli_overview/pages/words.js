// States in words.

import { formatTime, hasText, language, t } from "/pages/linli.js";

const ISO = /^\d{4}-\d{2}-\d{2}T/;

export const nameOf = (state) => state.attributes.friendly_name || state.entity_id;

// A number that changes all the time is no news.
export const isReading = ({ entity_id, attributes }) =>
  attributes.unit_of_measurement !== undefined ||
  attributes.state_class !== undefined ||
  ["sensor", "sun", "number", "input_number", "weather"].includes(entity_id.split(".")[0]);

// Whether something is on, open, unlocked …: what a person wants to notice.
export const isActive = ({ entity_id, state }) => {
  const domain = entity_id.split(".")[0];
  if (["sensor", "scene", "button", "number", "select"].includes(domain)) return false;
  return ["on", "open", "opening", "unlocked", "triggered", "playing", "heat", "cool", "home"].includes(state);
};

// "on", "22.5 °C", "unlocked" in the reader's language; what is not known keeps the hub's own word.
export function stateText({ entity_id, state, attributes }) {
  const domain = entity_id.split(".")[0];
  for (const key of [`state.${domain}.${attributes.device_class}.${state}`, `state.${domain}.${state}`, `state.${state}`]) {
    if (hasText(key)) return t(key);
  }
  const unit = attributes.unit_of_measurement;
  if (state !== "" && Number.isFinite(Number(state))) {
    const number = new Intl.NumberFormat(language(), { maximumFractionDigits: 2 }).format(Number(state));
    if (unit === undefined) return number;
    return unit === "%" ? `${number}%` : `${number} ${unit}`;
  }
  if (ISO.test(state)) return formatTime(new Date(state));
  return state;
}
