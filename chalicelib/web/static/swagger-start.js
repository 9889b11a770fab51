/* Starts Swagger UI with this platform's OpenAPI document. The policy forbids inline scripts, hence the file. */

const schema = new URL("../api/schema/", import.meta.url).href;

window.SwaggerUIBundle({
  url: schema,
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false, // keep tokens out of local storage
  tryItOutEnabled: true,
  validatorUrl: null, // the default validator is on another host
  presets: [window.SwaggerUIBundle.presets.apis],
});
