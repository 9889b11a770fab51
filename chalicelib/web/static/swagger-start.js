/* Starts Swagger UI on the platform's own document. A file of its own, since the policy forbids inline scripts. */

const schema = new URL("../api/schema/", import.meta.url).href;

window.SwaggerUIBundle({
  url: schema,
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false, // a token does not belong into local storage
  tryItOutEnabled: true,
  validatorUrl: null, // the default sends the document to another host
  presets: [window.SwaggerUIBundle.presets.apis],
});
