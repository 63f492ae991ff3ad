// Shows the API's description. In a file of its own, because the page allows no script inside of it.
SwaggerUIBundle({
  url: "/schema/openapi.json",
  dom_id: "#reference",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  // Keys and tokens that were entered are kept by this browser alone.
  persistAuthorization: true,
  // The description is judged by our tests, and nobody else is asked.
  validatorUrl: null,
  showExtensions: true,
  showCommonExtensions: true,
});
