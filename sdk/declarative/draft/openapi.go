package draft

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
)

const (
	// maxDescription is the most bytes of a description, mostCalls the most calls of a draft.
	maxDescription = 8 << 20
	mostCalls      = 200
	// deepest bounds schemas within schemas, which may refer to themselves.
	deepest = 6
)

// doc is a part of a document, with the order of its members.
type doc struct{ v any }

func (d doc) get(name string) doc {
	if m, ok := d.v.(yaml.MapSlice); ok {
		for _, e := range m {
			if fmt.Sprint(e.Key) == name {
				return doc{e.Value}
			}
		}
	}
	return doc{}
}

func (d doc) at(names ...string) doc {
	for _, n := range names {
		d = d.get(n)
	}
	return d
}

func (d doc) text() string {
	switch v := d.v.(type) {
	case nil, yaml.MapSlice, []any:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

func (d doc) each(do func(name string, value doc)) {
	if m, ok := d.v.(yaml.MapSlice); ok {
		for _, e := range m {
			do(fmt.Sprint(e.Key), doc{e.Value})
		}
	}
}

func (d doc) list() (out []doc) {
	if l, ok := d.v.([]any); ok {
		for _, e := range l {
			out = append(out, doc{e})
		}
	}
	return out
}

// spec is a document that is drafted from.
type spec struct {
	*api

	root doc
}

// OpenAPI drafts a connector from an OpenAPI 3 or Swagger 2 document, JSON or YAML.
func OpenAPI(id string, data []byte) (*Draft, error) {
	if len(data) > maxDescription {
		return nil, fault.New("draft.openapi", "a description has at most %d MiB", maxDescription>>20).Classed(fault.Config)
	}
	var root any
	if err := yaml.UnmarshalWithOptions(data, &root, yaml.UseOrderedMap()); err != nil {
		return nil, fault.New("draft.openapi", "the file is neither JSON nor YAML").Classed(fault.Config).Because(err)
	}
	s := spec{&api{}, doc{root}}
	version := cmp.Or(s.root.get("openapi").text(), s.root.get("swagger").text())
	if !strings.HasPrefix(version, "3.") && !strings.HasPrefix(version, "2.") {
		return nil, fault.New("draft.openapi", "the file is no OpenAPI 3 or Swagger 2 document").Classed(fault.Config)
	}
	s.title = s.root.at("info", "title").text()
	s.server()
	s.proofs()
	s.root.get("paths").each(func(path string, item doc) {
		item.each(func(method string, op doc) {
			if slices.Contains([]string{"get", "post", "put", "patch"}, method) && len(s.calls) < mostCalls {
				s.operation(path, strings.ToUpper(method), item, op)
			} else if method == "delete" {
				s.note("DELETE %s is left out: what deletes is to be written by hand", path)
			}
		})
	})
	s.id = idOf(cmp.Or(host(s.address), "drafted"))
	return s.finish(id)
}

func (s *spec) server() {
	if address := s.root.get("servers").list(); len(address) > 0 {
		text := strings.TrimRight(address[0].get("url").text(), "/")
		address[0].get("variables").each(func(name string, v doc) {
			text = strings.ReplaceAll(text, "{"+name+"}", v.get("default").text())
		})
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			s.address = text
		}
		return
	}
	if name := s.root.get("host").text(); name != "" {
		scheme := "https"
		if schemes := s.root.get("schemes").list(); len(schemes) > 0 && !slices.ContainsFunc(schemes, func(d doc) bool { return d.text() == "https" }) {
			scheme = schemes[0].text()
		}
		s.address = scheme + "://" + name + strings.TrimRight(s.root.get("basePath").text(), "/")
	}
}

// proofs adds how callers prove who they are.
func (s *spec) proofs() {
	schemes := s.root.at("components", "securitySchemes")
	if schemes.v == nil {
		schemes = s.root.get("securityDefinitions")
	}
	schemes.each(func(_ string, scheme doc) {
		scheme = s.resolved(scheme)
		name := scheme.get("name").text()
		switch kind := scheme.get("type").text(); {
		case kind == "apiKey" && scheme.get("in").text() == "header":
			s.signature("connector.yaml header."+name, name)
			s.header = append(s.header, pair{name, s.needs(name, true)})
		case kind == "apiKey" && scheme.get("in").text() == "query":
			s.signature("connector.yaml query."+name, name)
			s.query = append(s.query, pair{name, s.needs(name, true)})
		case kind == "basic", kind == "http" && scheme.get("scheme").text() == "basic":
			c := call{}
			s.basic(&c)
			s.header = append(s.header, c.header...)
		case kind == "http", kind == "oauth2", kind == "openIdConnect":
			c := call{}
			s.headed(&c, pair{"Authorization", "Bearer"})
			s.header = append(s.header, c.header...)
		default:
			s.note("connector.yaml header: the description proves the caller by %s, which is to be written down", kind)
		}
	})
}

// resolved follows a reference within the document.
func (s *spec) resolved(d doc) doc {
	for range deepest {
		ref := d.get("$ref").text()
		if ref == "" {
			return d
		}
		path, inside := strings.CutPrefix(ref, "#/")
		if !inside {
			return doc{}
		}
		d = s.root
		for name := range strings.SplitSeq(path, "/") {
			d = d.get(strings.NewReplacer("~1", "/", "~0", "~").Replace(name))
		}
	}
	return doc{}
}

func (s *spec) operation(path, method string, item, op doc) {
	c := call{name: op.get("operationId").text(), title: cmp.Or(op.get("summary").text(), op.get("description").text()), method: method, path: path}
	for _, p := range slices.Concat(item.get("parameters").list(), op.get("parameters").list()) {
		s.parameterOf(&c, s.resolved(p))
	}
	content := s.resolved(op.get("requestBody")).get("content")
	for _, kind := range []string{"application/json", "application/x-www-form-urlencoded"} {
		if schema := content.at(kind, "schema"); schema.v != nil && len(c.body) == 0 {
			c.body, c.form = s.fields(schema, 0), kind != "application/json"
		}
	}
	if len(c.body) == 0 && content.v != nil {
		s.note("connector.yaml operations.%s.request: its body is neither JSON nor a form", cmp.Or(c.name, path))
	}
	s.answerOf(&c, op.get("responses"))
	s.calls = append(s.calls, c)
}

func (s *spec) parameterOf(c *call, p doc) {
	name := p.get("name").text()
	schema := p.get("schema")
	if schema.v == nil {
		schema = p
	}
	n := node{name: name, kind: kindOf(s.resolved(schema)), title: p.get("description").text(), required: p.get("required").text() == "true"}
	switch p.get("in").text() {
	case "query":
		if declarative.SecretName(name) {
			s.parameter(c, name)
			return
		}
		c.params = append(c.params, param{node: n})
	case "path":
		n.name, n.required = camel(name), true
		c.path = strings.ReplaceAll(c.path, "{"+name+"}", "{"+n.name+"}")
		c.params = append(c.params, param{node: n, inPath: true})
	case "header":
		switch {
		case usualHeader(name):
		case declarative.SecretName(name):
			s.headed(c, pair{name, "Bearer"})
		default:
			c.params = append(c.params, param{node: n, inPath: true}) // it stands in no query
			c.header = append(c.header, pair{name, "{{params." + name + "}}"})
		}
	case "body": // Swagger 2
		c.body = s.fields(p.get("schema"), 0)
	case "formData":
		c.body, c.form = append(c.body, n), true
	}
}

// answerOf reads the fields of the answer of success.
func (s *spec) answerOf(c *call, responses doc) {
	for _, status := range []string{"200", "201", "2XX", "default"} {
		r := s.resolved(responses.get(status))
		if r.v == nil {
			continue
		}
		schema := r.get("schema")
		if schema.v == nil {
			schema = r.at("content", "application/json", "schema")
		}
		if found := s.resolved(schema); found.get("type").text() == "array" {
			c.answer = []node{{kind: "array", children: s.fields(found.get("items"), 1)}}
		} else {
			c.answer = s.fields(schema, 0)
		}
		return
	}
}

// fields gives the members of a schema.
func (s *spec) fields(schema doc, depth int) (out []node) {
	schema = s.resolved(schema)
	if depth > deepest {
		return nil
	}
	for _, part := range schema.get("allOf").list() {
		out = append(out, s.fields(part, depth+1)...)
	}
	required := schema.get("required").list()
	schema.get("properties").each(func(name string, of doc) {
		title := of.get("description").text()
		of = s.resolved(of)
		n := node{name: name, kind: kindOf(of), title: cmp.Or(title, of.get("description").text(), of.get("title").text())}
		n.required = slices.ContainsFunc(required, func(d doc) bool { return d.text() == name })
		if example := cmp.Or(of.get("example").text(), of.get("const").text()); example != "" && depth == 0 {
			n.value = example
		}
		switch n.kind {
		case "object":
			n.children = s.fields(of, depth+1)
		case "array":
			n.children = s.fields(of.get("items"), depth+1)
		}
		out = append(out, n)
	})
	return out
}

// kindOf gives the type of a field.
func kindOf(schema doc) string {
	kind := schema.get("type").text()
	for _, one := range schema.get("type").list() { // OpenAPI 3.1 lists them
		if one.text() != "null" {
			kind = one.text()
		}
	}
	switch kind {
	case "integer":
		return "int"
	case "number":
		return "decimal"
	case "boolean":
		return "bool"
	case "array", "object":
		return kind
	case "":
		if schema.get("properties").v != nil || schema.get("allOf").v != nil {
			return "object"
		}
	}
	switch schema.get("format").text() {
	case "date-time":
		return "datetime"
	case "date":
		return "date"
	}
	return "string"
}
