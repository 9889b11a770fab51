/* Starts ReDoc on the platform's own document. A file of its own, since the policy forbids inline scripts. */

const schema = new URL("../api/schema/", import.meta.url).href;

window.Redoc.init(schema, { hideDownloadButton: false, nativeScrollbars: true }, document.getElementById("redoc"));
