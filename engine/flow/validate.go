package flow

import (
	"cmp"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/adhocore/gronx"

	"github.com/karezflow/karez/sdk/item"
)

// Options of Validate.
type Options struct {
	// InlineConnections allows spec.connections, as the command line does.
	InlineConnections bool
}

// names are the patterns of what people write into a document.
type names struct{ id, key, version *regexp.Regexp }

func newNames() names {
	return names{
		id:      regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`),
		key:     regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`),
		version: regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,2}(-[0-9A-Za-z.-]+)?$`),
	}
}

// validator is one validation.
type validator struct {
	report
	names
	doc   *Document
	types Types
	graph *Graph
}

// Validate lists every problem of a document's structure in the order of its
// parts; an empty list means that it fits together. Programs in settings
// (values, conditions, mappings, parameters) are only held to being a text or a
// list: the planner compiles them and reports what they say. The document is not changed.
func Validate(doc *Document, types Types, options Options) []Problem {
	types = TypesFor(doc, types)
	v := &validator{names: newNames(), doc: doc, types: types, graph: NewGraph(doc, types)}
	v.unread("", reflect.ValueOf(doc).Elem())
	v.head()
	v.settings()
	v.triggers()
	v.params()
	v.uses()
	v.connectors()
	v.connections(options)
	v.operations()
	v.nodes()
	v.edges()
	v.shape()
	v.tests()
	Sort(v.problems)
	return v.problems
}

func (v *validator) head() {
	if v.doc.APIVersion != APIVersion && !unreadable(v.doc.Extra, "apiVersion") {
		v.block("apiVersion", "flow.api_version", "apiVersion must be {want}", "want", APIVersion)
	}
	if v.doc.Kind != Kind && !unreadable(v.doc.Extra, "kind") {
		v.block("kind", "flow.kind", "kind must be {want}", "want", Kind)
	}
	if m := v.doc.Metadata; strings.TrimSpace(m.Name) == "" && strings.TrimSpace(m.Title) == "" && !unreadable(m.Extra, "title") {
		v.block("metadata.title", "flow.title_missing", "a flow needs a title")
	}
	if layout := v.doc.Spec.Layout; len(layout) > 0 && item.Of(layout).Kind() != item.Object {
		v.block("spec.layout", "flow.wrong_type", "{name} must be {want}", "name", "layout", "want", "an object")
	}
}

func (v *validator) settings() {
	s := v.doc.Spec.Settings
	if s.Priority != "" && !slices.Contains([]string{"high", "normal", "low"}, s.Priority) {
		v.block("spec.settings.priority", "flow.priority", "{value} is not a priority", "value", s.Priority).Hint = "choices: high, normal, low"
	}
	if s.Timezone != "" && !isZone(s.Timezone) {
		v.block("spec.settings.timezone", "flow.timezone", "{value} is not a time zone", "value", s.Timezone).Hint = "for example Asia/Shanghai"
	}
	if s.Concurrency < 0 || s.Concurrency > MaxConcurrency {
		v.block("spec.settings.concurrency", "flow.concurrency", "concurrency lies between 1 and 64")
	}
}

func isZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local"
}

func (v *validator) triggers() {
	for i, t := range v.doc.Spec.Triggers {
		path := at("spec.triggers", i)
		given := 0
		for _, is := range []bool{t.Schedule != "", len(t.After) > 0, t.Manual} {
			if is {
				given++
			}
		}
		if given != 1 && len(t.Extra) == 0 {
			v.block(path, "trigger.ambiguous", "a trigger has exactly one of schedule, after and manual")
		}
		if t.Schedule != "" && !IsSchedule(t.Schedule) {
			v.block(path+".schedule", "trigger.schedule", "{value} is not a schedule", "value", t.Schedule).Hint = "five fields: minute hour day month weekday, for example */10 * * * *"
		}
		for j, alias := range t.After {
			v.alias(at(path+".after", j), alias)
		}
	}
}

// IsSchedule accepts five cron fields or a tag; seconds and years are left out
// because a schedule fires at most once a minute.
func IsSchedule(text string) bool {
	fields := strings.Fields(text)
	if len(fields) == 1 && strings.HasPrefix(text, "@") && text != "@everysecond" {
		return gronx.New().IsValid(text)
	}
	return len(fields) == 5 && gronx.New().IsValid(strings.Join(fields, " "))
}

// alias reports a reference to a flow that spec.uses doesn't name.
func (v *validator) alias(path, alias string) {
	if _, ok := v.doc.Spec.Uses[alias]; !ok {
		v.block(path, "flow.unknown_alias", "{alias} is no alias of another flow", "alias", alias).Hint = "declare it in spec.uses: {" + alias + ": {flow: …}}"
	}
}

func (v *validator) params() {
	seen := map[string]bool{}
	for i, p := range v.doc.Spec.Params {
		path := at("spec.params", i)
		if !v.key.MatchString(p.Key) && !unreadable(p.Extra, "key") {
			v.block(path+".key", "param.key", "a key is made of letters, digits and _, a letter first")
		}
		if seen[p.Key] && p.Key != "" {
			v.block(path+".key", "param.duplicate", "{key} is declared twice", "key", p.Key)
		}
		seen[p.Key] = true
		fits, known := paramType(p.Type)
		if !known {
			v.block(path+".type", "param.type", "{value} is not a type of parameters", "value", p.Type).Hint = "choices: string, int, decimal, bool, date, datetime"
		} else if len(p.Default) > 0 && !fits(item.Of(p.Default)) {
			v.block(path+".default", "param.default", "the default is not of type {type}", "type", cmp.Or(p.Type, "string"))
		}
	}
}

// paramType gives the test of a parameter's default by its type.
func paramType(name string) (fits func(item.Value) bool, known bool) {
	text := func(v item.Value) bool {
		return v.Kind() == item.String || v.Kind() == item.Number || v.Kind() == item.Bool
	}
	matches := func(pattern string) func(item.Value) bool {
		return func(v item.Value) bool { return text(v) && regexp.MustCompile(pattern).MatchString(v.Text()) }
	}
	parses := func(layouts ...string) func(item.Value) bool {
		return func(v item.Value) bool {
			return v.Kind() == item.String && slices.ContainsFunc(layouts, func(l string) bool {
				_, err := time.Parse(l, v.Text())
				return err == nil
			})
		}
	}
	switch name {
	case "", "string":
		return text, true
	case "int":
		return matches(`^-?[0-9]+$`), true
	case "decimal":
		return matches(`^-?[0-9]+(\.[0-9]+)?$`), true
	case "bool":
		return matches(`^(true|false)$`), true
	case "date":
		return parses(time.DateOnly), true
	case "datetime":
		return parses(time.DateTime, time.RFC3339), true
	default:
		return nil, false
	}
}

func (v *validator) uses() {
	for _, alias := range sorted(v.doc.Spec.Uses) {
		path := join("spec.uses", alias)
		if !v.key.MatchString(alias) {
			v.block(path, "flow.alias", "an alias is made of letters, digits and _, a letter first")
		}
		if u := v.doc.Spec.Uses[alias]; u.Flow == "" && !unreadable(u.Extra, "flow") {
			v.block(path+".flow", "flow.alias_unbound", "choose the flow that {alias} stands for", "alias", alias)
		}
	}
}

func (v *validator) connectors() {
	for _, id := range sorted(v.doc.Spec.Connectors) {
		if version := v.doc.Spec.Connectors[id]; !v.version.MatchString(version) {
			v.block(join("spec.connectors", id), "flow.version", "{value} is not a version", "value", version).Hint = "for example 1.2"
		}
	}
}

func (v *validator) connections(options Options) {
	used := map[string]bool{}
	for _, n := range v.doc.Spec.Nodes {
		used[n.Connection] = true
	}
	for _, name := range sorted(v.doc.Spec.Connections) {
		c, path := v.doc.Spec.Connections[name], join("spec.connections", name)
		if !options.InlineConnections {
			v.block(path, "flow.inline_connection", "connections are not written into a flow").Hint = "create the connection in the workspace and name it on the node; files for karez flow run may hold connections"
			continue
		}
		v.connection(path, name, c)
		if !used[name] {
			v.warn(path, "connection.unused", "no node uses the connection {name}", "name", name)
		}
	}
}

func (v *validator) connection(path, name string, c InlineConnection) {
	if c.Connector == "" && !unreadable(c.Extra, "connector") {
		v.block(path+".connector", "connection.connector", "name the connector of {name}", "name", name)
	}
	if c.Version != "" && !v.version.MatchString(c.Version) {
		v.block(path+".version", "flow.version", "{value} is not a version", "value", c.Version).Hint = "for example 1.2"
	}
	if len(c.Settings) > 0 && item.Of(c.Settings).Kind() != item.Object {
		v.block(path+".settings", "flow.wrong_type", "{name} must be {want}", "name", "settings", "want", "an object")
	}
	for _, key := range sorted(c.Secrets) {
		// The value may be the secret itself, so it is not repeated.
		if ref := c.Secrets[key]; !strings.HasPrefix(ref, EnvPrefix) || len(ref) == len(EnvPrefix) {
			v.block(join(path+".secrets", key), "connection.secret_in_file", "a secret does not stand in a file").Hint = "write env:NAME and set the environment variable NAME"
		}
	}
}

func (v *validator) operations() {
	for _, name := range sorted(v.doc.Spec.Operations) {
		var members map[string]json.RawMessage
		if json.Unmarshal(v.doc.Spec.Operations[name], &members) != nil || members == nil {
			v.block(join("spec.operations", name), "flow.wrong_type", "{name} must be {want}", "name", name, "want", "an object")
		}
	}
}
