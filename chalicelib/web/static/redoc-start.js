/* Starts ReDoc with this platform's OpenAPI document. The policy forbids inline scripts, hence the file. */

const schema = new URL("../api/schema/", import.meta.url).href;

window.Redoc.init(schema, { hideDownloadButton: false, nativeScrollbars: true }, document.getElementById("redoc"));
