// The calls of docs/workbench.md.

async function answerOf(response) {
  if (response.ok) return response;
  let message = response.statusText;
  try {
    message = (await response.json()).error;
  } catch {
    // It is no answer of the API's; the status has to do.
  }
  throw new Error(message);
}

const call = (path, body, signal) =>
  fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal }).then(answerOf);

export const start = () => fetch("api/start").then(answerOf).then((r) => r.json());
export const inject = (request, signal) => call("api/inject", request, signal).then((r) => r.json());
export const compare = (request, signal) => call("api/compare", request, signal).then((r) => r.json());
export const configuration = (request) => call("api/configuration", request).then((r) => r.json());

/** Saves a test: tells where it was written, or returns the archive to download. */
export async function saveTest(request) {
  const response = await call("api/test", request);
  if (response.headers.get("Content-Type") === "application/zip") return { archive: await response.blob() };
  return response.json();
}
