package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/problem"
)

const schemaPrefix = "#/components/schemas/"

// openAPI configures the generator.
func (s *server) openAPI() huma.Config {
	c := huma.DefaultConfig("Karez", "1")
	c.Info.Description = "The interface of the Karez flow engine. Errors are RFC 9457 problem documents with a stable code."
	c.Servers = []*huma.Server{{URL: prefix}}
	c.DocsPath, c.SchemasPath = "", ""
	c.OpenAPIPath = "/openapi"
	c.CreateHooks = nil
	c.Transformers = []huma.Transformer{s.coded}
	c.Components.Schemas = huma.NewMapRegistry(schemaPrefix, schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName},
		"token":   {Type: "http", Scheme: "bearer"},
	}
	c.Security = []map[string][]string{{"session": {}}, {"token": {}}}
	return c
}

// schemaName names a schema after its type: without View, and with the package of
// those that come from elsewhere, because several have a Node or a Problem.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	pkg := t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:]
	if pkg == "" || strings.Contains(t.PkgPath()+"/", "/server/api/") {
		return strings.TrimSuffix(name, "View")
	}
	pkg = strings.ToUpper(pkg[:1]) + pkg[1:]
	return pkg + strings.TrimPrefix(name, pkg)
}

// finish corrects what the generator assumes: errors are problem documents, and
// lists are never null.
func finish(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	ref := schemas.Schema(reflect.TypeFor[problem.Problem](), true, "")
	for _, path := range api.OpenAPI().Paths {
		for _, o := range []*huma.Operation{path.Get, path.Put, path.Post, path.Delete} {
			if o == nil {
				continue
			}
			for _, response := range o.Responses {
				if media := response.Content["application/problem+json"]; media != nil {
					media.Schema = ref
				}
			}
		}
	}
	delete(schemas.Map(), "V2ErrorModel")
	delete(schemas.Map(), "V2ErrorDetail")
	for _, schema := range schemas.Map() {
		solid(schema)
	}
}

func solid(schema *huma.Schema) {
	if schema == nil {
		return
	}
	if schema.Type == huma.TypeArray {
		schema.Nullable = false
	}
	solid(schema.Items)
	for _, property := range schema.Properties {
		solid(property)
	}
}
