// "Save as a test".
import { saveTest } from "./api.js";
import { by, element } from "./dom.js";

const dialog = by("save-dialog");
const message = by("save-message");

function download(archive, name) {
  const url = URL.createObjectURL(archive);
  element("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

/** Wires the dialog. request() is what to make a test of. */
export function wire({ folder, suggest, request }) {
  by("save-where").textContent =
    (folder ? `A folder of that name is written into ${folder}` : "The browser downloads an archive with a folder of that name") +
    ", with input.yaml, golden.yaml, case.yaml and the configuration if it is not a profile as it came. outrigger test injects as the command does.";
  by("save").addEventListener("click", () => {
    message.textContent = "";
    by("save-name").value ||= suggest();
    dialog.showModal();
    by("save-name").select();
  });
  by("save-cancel").addEventListener("click", () => dialog.close());
  by("save-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = by("save-name").value;
    message.className = "";
    try {
      const saved = await saveTest({ ...request(), name });
      if (saved.archive) download(saved.archive, name + ".zip");
      message.textContent = saved.archive ? `Downloaded ${name}.zip.` : `Saved in ${saved.folder}: ${saved.files.join(", ")}.`;
    } catch (error) {
      message.className = "error";
      message.textContent = error.message;
    }
  });
}
