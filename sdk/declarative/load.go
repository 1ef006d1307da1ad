package declarative

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

// Load reads a connector's folder. Its error joins every fault found, each with the file, the
// path in it and what helps.
func Load(dir string) (*Definition, error) {
	declared, err := os.ReadFile(filepath.Join(dir, ManifestFile)) //nolint:gosec // the caller's folder
	if err != nil {
		return nil, unreadable(ManifestFile, err)
	}
	defined, err := os.ReadFile(filepath.Join(dir, DefinitionFile)) //nolint:gosec // the caller's folder
	if err != nil {
		return nil, unreadable(DefinitionFile, err)
	}
	return Parse(declared, defined)
}

// SumOf gives the sum of a definition, in hex, from the SHA-256 sums of its files in hex: of the
// program that serves it where that counts, of the manifest and of the definition.
func SumOf(files ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(files, "")))
	return hex.EncodeToString(sum[:])
}

func unreadable(name string, err error) error {
	return fault.New("definition.unreadable", "%s cannot be read", name).Because(err).Classed(fault.Config).
		Hinted("a declarative connector is a folder with %s and %s", ManifestFile, DefinitionFile)
}

// Parse reads a manifest and the definition that goes with it. Its faults are those of
// manifest.Parse, and "definition.newer", "definition.expression", "definition.unknown_name",
// "definition.required" and others below "definition.", of class Config.
func Parse(declared, defined []byte) (*Definition, error) {
	if err := newer(defined); err != nil {
		return nil, named(DefinitionFile, err)
	}
	m, err := manifest.Parse(declared)
	if err != nil {
		return nil, named(ManifestFile, err)
	}
	d := &Definition{Manifest: m, YAML: declared}
	if err := manifest.Decode(defined, d); err != nil {
		return nil, named(DefinitionFile, err)
	}
	c := &checker{d: d}
	c.definition()
	return d, named(DefinitionFile, errors.Join(c.faults...))
}

// newer refuses a definition of a form that is not known here yet, before anything in it is
// called unknown.
func newer(defined []byte) error {
	said := regexp.MustCompile(`(?m)^definition:[ \t]*(\d{1,9})[ \t\r]*(?:#.*)?$`).FindSubmatch(defined)
	if said == nil {
		return nil // the check of the whole tells
	}
	form, err := strconv.Atoi(string(said[1]))
	if err != nil || form <= Format {
		return err
	}
	return NewerThan(form)
}

// NewerThan is the fault "definition.newer" of a definition of a form that is not known here yet.
func NewerThan(form int) *fault.Fault {
	return fault.New("definition.newer", "the definition is of form %d, and this program reads forms up to %d", form, Format).At("definition").Classed(fault.Config).
		Hinted("install a newer Karez first")
}

// named puts a file's name before each fault.
func named(file string, err error) error {
	if err == nil {
		return nil
	}
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fault.From(err).InFile(file)
	}
	var list []error
	for _, e := range several.Unwrap() {
		list = append(list, fault.From(e).InFile(file))
	}
	return errors.Join(list...)
}

type checker struct {
	d      *Definition
	faults []error
}

func (c *checker) add(path, code, hint, format string, args ...any) {
	f := fault.New("definition."+code, format, args...).At(path).Classed(fault.Config)
	if hint != "" {
		f = f.Hinted("%s", hint)
	}
	c.faults = append(c.faults, f)
}

// scope are the names that expressions may begin with.
type scope []string

func (s scope) and(names ...string) scope { return append(slices.Clone(s), names...) }

// node checks a value, and compiles it.
func (c *checker) node(path string, n *Node, s scope) {
	n.compile(path,
		func(path string, err error) { c.faults = append(c.faults, fault.From(err).At(path)) },
		func(path string, of []string) {
			for _, p := range of {
				c.name(path, p, s)
			}
		})
}

// name checks what a path begins with.
func (c *checker) name(at, path string, s scope) {
	head, rest, _ := strings.Cut(path, ".")
	if !slices.Contains(s, head) {
		known := slices.Clone(s)
		slices.Sort(known)
		c.add(at, "unknown_name", "what there is here: "+strings.Join(slices.Compact(known), ", "), "%s begins with %s, which there is not", path, head)
		return
	}
	if head != "settings" && head != "secrets" {
		return
	}
	var keys []string
	for _, setting := range c.d.Manifest.Settings {
		if setting.Secret == (head == "secrets") {
			keys = append(keys, setting.Key)
		}
	}
	if !slices.Contains(keys, rest) {
		kind := "a setting that is not secret"
		if head == "secrets" {
			kind = "a setting that is secret"
		}
		c.add(at, "unknown_name", "those of the manifest are: "+strings.Join(keys, ", "), "%s is not %s", rest, kind)
	}
}

func (c *checker) definition() {
	d := c.d
	if d.Format != Format {
		c.add("definition", "format", "write definition: 1", "this program reads definitions of the form 1")
	}
	account := scope{"settings", "secrets", "now", "nonce"}
	c.node("address", &d.Address, scope{"settings"})
	if !d.Address.Given() {
		c.add("address", "required", `for example "{{settings.address}}"`, "the address that all paths are below is missing")
	}
	if d.Clock != nil {
		if d.Clock.Skew <= 0 {
			c.add("clock.skew", "out_of_range", "about what the system tolerates", "the difference of clocks is above zero")
		}
		c.refused("clock.refused", &d.Clock.Refused)
	}
	if d.Token != nil {
		c.token(account)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Operations)) {
		if _, known := d.Manifest.Operation(name); !known {
			c.add("operations."+name, "unknown_operation", "the manifest declares the operations", "%s is not one of the manifest's operations", name)
		}
	}
	for i := range d.Manifest.Operations {
		o := &d.Manifest.Operations[i]
		defined, there := d.Operations[o.Name]
		if !there {
			c.add("operations", "required", "", "the manifest's operation %s is not defined", o.Name)
			continue
		}
		c.operation("operations."+o.Name, o, &defined, account)
		d.Operations[o.Name] = defined
	}
	c.condition("answer.ok", d.Answer.OK)
	c.check()
}

// operation checks one with what holds for all, since what the expressions see differs.
func (c *checker) operation(path string, o *manifest.Operation, of *Operation, s scope) {
	s = s.and("operation", "params", "page")
	if o.Kind != manifest.Query {
		s = s.and("rows", "row", "keys", "key", "mode")
	}
	if c.d.Token != nil {
		s = s.and("token")
	}
	shared := c.d.Vars // each operation sees its own
	before := len(c.faults)
	own := c.vars(path+".vars", &of.Vars, s)
	all := c.vars("vars", &shared, own)
	if c.d.Vars = shared; len(c.faults) > before && len(of.Vars.members) == 0 && len(shared.members) > 0 {
		c.faults = unique(c.faults)
	}
	of.Request = c.d.Request.Over(of.Request)
	of.Answer = c.d.Answer.Over(of.Answer)
	c.request(path+".request", &of.Request, all)
	c.condition(path+".answer.ok", of.Answer.OK)
	c.condition(path+".answer.more", of.Answer.More)
	switch o.Kind {
	case manifest.Query:
		if len(of.Answer.Rows) == 0 {
			c.add(path+".answer.rows", "required", `a path such as data.list, "." for the whole answer`, "where the rows of an answer are is missing")
		}
		if o.Paging != nil && o.Paging.Strategy == manifest.ByCursor && len(of.Answer.Next) == 0 {
			c.add(path+".answer.next", "required", "", "where an answer holds the cursor of the next page is missing")
		}
	default:
		result := scope{"answer", "whole", "row", "key", "params"}
		c.node(path+".answer.id", &of.Answer.ID, result)
		c.node(path+".answer.number", &of.Answer.Number, result)
		if !of.Answer.ID.Given() && !of.Answer.Number.Given() {
			c.add(path+".answer.number", "required", `for example "{{answer.data.no}}", or "{{key}}" where an answer names nothing`,
				"what a written object is called is missing; without an id or a number nobody knows whether it was written")
		}
		if each := of.Answer.Each; each != nil {
			c.condition(path+".answer.each.ok", each.OK)
			if each.Path == "" || (each.Row == "") != (each.Answer == "") {
				c.add(path+".answer.each", "required", "path, and row and answer together or neither", "how answers belong to rows is not told")
			}
		}
	}
	c.probe(path+".probe", o, of)
}

// unique leaves out faults that are reported already: the values of all operations are
// checked with each.
func unique(faults []error) []error {
	var out []error
	for _, f := range faults {
		if !slices.ContainsFunc(out, func(known error) bool { return known.Error() == f.Error() }) {
			out = append(out, f)
		}
	}
	return out
}

// vars checks named values, each of which sees those before it.
func (c *checker) vars(path string, n *Node, s scope) scope {
	if n.Given() && n.shape != object {
		c.add(path, "wrong_type", "", "named values are an object")
		return s
	}
	for _, m := range n.members {
		if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(m.name) || slices.Contains(s, m.name) {
			c.add(path+"."+m.name, "bad_name", "letters, digits and _, and no name that is there already", "%s can't be the name of a value", m.name)
		}
		c.node(path+"."+m.name, m.node, s)
		s = s.and(m.name)
	}
	return s
}

// part is a node by its name.
type part struct {
	name string
	node *Node
}

func (c *checker) request(path string, r *Request, s scope) {
	if !regexp.MustCompile(`^[A-Z]{1,16}$`).MatchString(r.Method) {
		c.add(path+".method", "required", "GET or POST for example, here or in request", "the method is missing")
	}
	bodies := 0
	for i, part := range []part{{"query", &r.Query}, {"header", &r.Header}, {"form", &r.Form}, {"path", &r.Path}, {"json", &r.JSON}, {"body", &r.Body}} {
		if part.node.Given() && part.node.shape != object && i < 3 {
			c.add(path+"."+part.name, "wrong_type", "", "%s is an object: names with values", part.name)
		}
		c.node(path+"."+part.name, part.node, s)
		if part.node.Given() && (part.name == "form" || part.name == "json" || part.name == "body") {
			bodies++
		}
	}
	if bodies > 1 {
		c.add(path, "not_allowed", "", "a request has one body: form, json or body")
	}
	if r.Body.Given() && r.Type == "" {
		c.add(path+".type", "required", "for example text/xml; charset=utf-8", "the type of the body is missing")
	}
}

func (c *checker) condition(path string, cond *Condition) {
	if cond != nil && cond.Path == "" {
		c.add(path+".path", "required", "", "where the answer says so is missing")
	}
}

func (c *checker) token(account scope) {
	t := c.d.Token
	c.request("token.request", &t.Request, account)
	if t.Renew != nil {
		c.request("token.renew", t.Renew, account.and("token"))
	}
	c.condition("token.answer.ok", t.Answer.OK)
	if !t.Value.Given() {
		c.add("token.value", "required", `for example "{{answer.data.access_token}}"`, "where the token is in the answer is missing")
	}
	for _, part := range []part{{"value", &t.Value}, {"with", &t.With}, {"life", &t.Life}} {
		c.node("token."+part.name, part.node, scope{"answer"})
	}
	if t.Early < 0 {
		c.add("token.early", "out_of_range", "", "a token is renewed before its end, not behind it")
	}
	c.refused("token.refused", &t.Refused)
}

func (c *checker) refused(path string, r *Refused) {
	if r.Message == "" {
		return
	}
	compiled, err := regexp.Compile(r.Message)
	if err != nil {
		c.add(path+".message", "bad_regexp", "", "%q is not a regular expression: %v", r.Message, err)
	}
	r.message = compiled
}

func (c *checker) check() {
	k := &c.d.Check
	queries := slices.ContainsFunc(c.d.Manifest.Operations, func(o manifest.Operation) bool { return o.Kind == manifest.Query })
	if o, known := c.d.Manifest.Operation(k.Operation); (!known || o.Kind != manifest.Query) && (queries || k.Operation != "") {
		c.add("check.operation", "required", "the cheapest query that proves the credentials", "%q is not one of the manifest's queries", k.Operation)
	}
	c.node("check.params", &k.Params, scope{"settings", "now"})
	c.node("check.account", &k.Account, scope{"settings"})
}

func (c *checker) probe(path string, o *manifest.Operation, of *Operation) {
	needed := o.Writing != nil && (o.Writing.Create != nil && o.Writing.Create.Probe || o.Writing.Update != nil && o.Writing.Update.Probe)
	p := of.Probe
	switch {
	case p == nil && needed:
		c.add(path, "required", "name a query that finds an object by its key", "the manifest says that what %s writes can be looked up", o.Name)
	case p == nil:
	case !needed:
		c.add(path, "not_allowed", "set probe: true in the manifest's mode", "the manifest does not say that what %s writes can be looked up", o.Name)
	default:
		query, known := c.d.Manifest.Operation(p.Operation)
		if !known || query.Kind != manifest.Query {
			c.add(path+".operation", "unknown_operation", "", "%q is not one of the manifest's queries", p.Operation)
		}
		if p.Match == "" {
			c.add(path+".match", "required", "", "where a found row has the key is missing")
		}
		c.node(path+".params", &p.Params, scope{"key", "params"})
		for _, part := range []part{{"id", &p.ID}, {"number", &p.Number}, {"object", &p.Object}} {
			c.node(path+"."+part.name, part.node, scope{"row", "key"})
		}
		if known && o.Writing != nil {
			c.compared(path, o, query)
		}
	}
}

// compared warns of nothing but what can't be: a path that a found row never has.
func (c *checker) compared(path string, o, query *manifest.Operation) {
	if c.d.Operations[o.Name].Probe.Object.Given() {
		return
	}
	for _, mode := range []*manifest.Mode{o.Writing.Create, o.Writing.Update} {
		if mode == nil {
			continue
		}
		for _, compared := range mode.Compare {
			if field.Find(query.Response, compared) == nil {
				c.add(path+".object", "required", "say how a found row becomes one of those that are written",
					"rows of %s have no %s, which is compared", query.Name, compared)
			}
		}
	}
}
