// Shows the API's description. In a file of its own, because the page allows no script inside of it.
SwaggerUIBundle({
  url: "/schema/openapi.json",
  dom_id: "#reference",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  showExtensions: true,
  showCommonExtensions: true,
});
