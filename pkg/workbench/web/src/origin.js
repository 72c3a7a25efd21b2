// Where a line of the result comes from, and which lines a line of a template,
// value or annotation wrote.
import { by, element } from "./dom.js";

const key = (place) => place.pane + ":" + place.line;

/** Looks up fields by the lines of the result, and by those of what wrote them. */
export class Origins {
  constructor(answer) {
    this.fields = answer.fields;
    this.byLine = new Map();
    this.byPlace = new Map();
    // A line that only opens a mapping belongs to the first field in it.
    for (const f of answer.fields) {
      for (let line = f.head; line && line < f.from; line++) if (!this.byLine.has(line)) this.byLine.set(line, f);
    }
    for (const f of answer.fields) {
      for (let line = f.from; line && line <= f.to; line++) this.byLine.set(line, f);
      for (const place of placesOf(f)) {
        if (!this.byPlace.has(key(place))) this.byPlace.set(key(place), []);
        this.byPlace.get(key(place)).push(f);
      }
    }
  }

  at(line) {
    return this.byLine.get(line);
  }

  writtenBy(pane, line) {
    return this.byPlace.get(pane + ":" + line) ?? [];
  }
}

function placesOf(field) {
  const places = [field.by?.at, ...(field.by?.reads ?? []).map((r) => r.at)].filter(Boolean);
  return places.filter((p, i) => places.findIndex((q) => key(q) === key(p)) === i);
}

/** The lines to light up in a pane for a field: {line: class}. */
export function lit(field, pane) {
  const lines = new Map();
  for (const read of field?.by?.reads ?? []) if (read.at?.pane === pane) lines.set(read.at.line, "read");
  if (field?.by?.at?.pane === pane) lines.set(field.by.at.line, "wrote");
  return lines;
}

/** The lines of the result that fields stand on. */
export function resultLines(fields) {
  const lines = new Map();
  for (const f of fields) for (let line = f.from; line && line <= f.to; line++) lines.set(line, "wrote");
  return lines;
}

const box = by("origin");
let shown = null;

function link(text, place, go, className = "") {
  if (!place) return element("span", {}, text);
  const button = element("button", { type: "button", className }, text);
  button.addEventListener("click", () => go(place));
  return button;
}

const writers = {
  template: (w, go) => ["from ", link(`${w.template}:${w.line}`, w.at, go)],
  rule: (w) => [`by the rule ${w.rule}`],
  override: () => ["by the pod's own container, laid over the template's"],
};

const brief = (value) => (value.length > 60 ? value.slice(0, 57) + "…" : value);

/** Tells of a field of the result. */
export function tell(field, go) {
  if (field === shown) return;
  shown = field;
  if (!field) return void box.replaceChildren();
  const parts = [element("code", {}, field.name), ` ${field.change}`];
  if (field.was !== undefined) parts.push(", was ", element("code", {}, brief(JSON.stringify(field.was))));
  if (field.by) {
    parts.push(" ", ...writers[field.by.kind](field.by, go));
    for (const [i, read] of (field.by.reads ?? []).entries()) {
      parts.push(i ? " " : ", which read ", link(`${read.kind} ${read.path} = ${brief(read.value)}`, read.at, go, "read"));
    }
  }
  box.replaceChildren(...parts);
}

/** Tells what a line of another pane wrote. */
export function tellWritten(fields, go) {
  const first = fields[0] ?? null;
  if (fields === shown) return;
  shown = fields;
  if (!first) return void box.replaceChildren();
  box.replaceChildren(
    `It wrote ${fields.length === 1 ? "one field" : fields.length + " fields"}: `,
    link(first.name, { pane: "result", line: first.from }, go),
    fields.length > 1 ? ` and ${fields.length - 1} more` : "",
  );
}
