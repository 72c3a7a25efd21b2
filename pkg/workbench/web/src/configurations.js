// The configuration's pane: three parts, and in a comparison two of each.
import { by, element, press } from "./dom.js";
import { editor, setText, textOf } from "./editors.js";
import { yaml, yamlWithTemplates } from "./languages.js";

export const keys = ["config", "values", "mesh"];

export class Configurations {
  /** known are those of the menu. on.edit, on.point and on.go are told the part. */
  constructor(first, known, on) {
    this.known = [first, ...known.filter((k) => k.name !== first.name)];
    this.side = "before";
    this.names = { before: first.name, after: first.name };
    this.revisions = { before: first.revision, after: first.revision };
    this.views = {};
    this.boxes = {};
    for (const key of keys) {
      this.boxes[key] = by("configuration").appendChild(element("div", { className: "part" }));
      this.views[key] = editor(this.boxes[key], {
        label: `Configuration: ${key}`,
        doc: first[key],
        language: key === "config" ? yamlWithTemplates : yaml,
        on: { edit: () => on.edit(key), point: (line) => on.point(key, line), go: (line, byKey) => on.go(key, line, byKey) },
      });
    }
    this.away = Object.fromEntries(keys.map((key) => [key, this.views[key].state]));
    this.list();
    this.showKey("config");
  }

  list() {
    by("profile").replaceChildren(...this.known.map((c) => element("option", { value: c.name }, c.name)));
    by("profile").value = this.names[this.side];
  }

  showKey(key) {
    for (const k of keys) this.boxes[k].hidden = k !== key;
    press(by("keys"), by("keys").querySelector(`[data-key="${key}"]`));
  }

  /** Puts a configuration into the pane, or only some keys of it. Undo brings back
   * what was there. */
  take(configuration, some = keys) {
    if (!this.known.some((k) => k.name === configuration.name)) this.known.push(configuration);
    this.names[this.side] = configuration.name;
    this.revisions[this.side] = configuration.revision;
    this.list();
    for (const key of some) setText(this.views[key], configuration[key]);
  }

  choose(name) {
    this.take(this.known.find((k) => k.name === name));
  }

  showSide(side) {
    if (side !== this.side) {
      for (const key of keys) {
        const state = this.views[key].state;
        this.views[key].setState(this.away[key]);
        this.away[key] = state;
      }
      this.side = side;
    }
    press(by("side"), by("side").querySelector(`[data-side="${side}"]`));
    by("profile").value = this.names[side];
  }

  /** The texts of one of the two. */
  of(side) {
    const text = (key) => (side === this.side ? textOf(this.views[key]) : this.away[key].doc.toString());
    return { name: this.names[side], revision: this.revisions[side], ...Object.fromEntries(keys.map((key) => [key, text(key)])) };
  }

  /** Starts a comparison: the second is like the first. */
  split() {
    this.showSide("before");
    this.names.after = this.names.before;
    this.revisions.after = this.revisions.before;
    for (const key of keys) this.away[key] = this.views[key].state;
  }
}
