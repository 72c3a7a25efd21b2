// The switches: what a request says beside the pod.
import { by } from "./dom.js";

const form = by("request");
const uidRange = "openshift.io/sa.scc.uid-range";

/** Reads "a=b, c=d". Null where that is not what it is. */
export function labelsOf(text) {
  const labels = {};
  for (const part of text.split(/[\s,]+/)) {
    if (!part) continue;
    const [, key, value] = /^([^=]+)=(.*)$/.exec(part) ?? [];
    if (!key) return null;
    labels[key] = value;
  }
  return labels;
}

/** Shows settings as the server has them. */
export function show(settings) {
  const { elements } = form;
  elements.as.value = settings.as;
  elements.namespace.value = settings.namespace;
  elements.revision.value = settings.revision;
  elements.nativeSidecars.checked = settings.nativeSidecars;
  elements.openshift.checked = settings.platform === "openshift";
  elements.namespaceLabels.value = Object.entries(settings.namespaceLabels ?? { "istio-injection": "enabled" }).map((l) => l.join("=")).join(", ");
  elements.uidRange.value = settings.namespaceAnnotations?.[uidRange] ?? "";
  arrange();
}

/** The settings as they are. */
export function settings() {
  const { elements } = form;
  const labels = labelsOf(elements.namespaceLabels.value);
  elements.namespaceLabels.setAttribute("aria-invalid", String(labels === null));
  const openshift = elements.openshift.checked;
  const range = elements.uidRange.value.trim();
  return {
    as: elements.as.value,
    namespace: elements.namespace.value.trim(),
    namespaceLabels: labels ?? {},
    namespaceAnnotations: openshift && range ? { [uidRange]: range } : {},
    revision: elements.revision.value.trim(),
    nativeSidecars: elements.nativeSidecars.checked,
    platform: openshift ? "openshift" : "",
  };
}

// Only what matters is there to be set.
function arrange() {
  form.dataset.as = form.elements.as.value;
  form.toggleAttribute("data-openshift", form.elements.openshift.checked);
}

export function onChange(changed) {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    arrange();
    changed();
  });
}
