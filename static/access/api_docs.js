// Starts Swagger UI from the page's own data, so that the page needs no inline script.
const { schema, csrf } = document.getElementById("docs").dataset;

window.SwaggerUIBundle({
  url: schema,
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  persistAuthorization: false,
  presets: [window.SwaggerUIBundle.presets.apis],
  requestInterceptor: (request) => {
    if (new URL(request.url, location.href).origin === location.origin) request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
