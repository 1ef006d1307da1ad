// Package draft writes the beginning of a declarative connector from what describes an
// interface: an OpenAPI or Swagger document, a Postman collection or a curl command. What it
// writes loads; what a description does not tell is left to a person, and listed. No secret
// that stands in a description is written down.
//
// It may import the standard library, the YAML library, sdk/declarative, sdk/fault and sdk/item only.
package draft

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
)

// Draft is a connector to begin with.
type Draft struct {
	// Manifest and Definition are the two files.
	Manifest, Definition []byte
	// Open is what a person still has to see to, each with its place.
	Open []string
}

// api is what a description tells.
type api struct {
	id, title, address string
	settings           []setting
	// header and query go with every call; their values are expressions.
	header, query []pair
	calls         []call
	open          []string
}

type setting struct {
	key    string
	secret bool
}

type pair struct{ name, value string }

// call is one operation.
type call struct {
	name, title, method, path string
	reads                     bool
	// params are those of the path and of the query, body the members of a JSON body.
	params []param
	body   []node
	form   bool
	header []pair
	// answer is what comes back.
	answer []node
}

type param struct {
	node

	inPath bool
}

// node is a field.
type node struct {
	name, kind, title string
	required          bool
	// value is what stood there, for conditions of success.
	value    string
	children []node
}

// note leaves something to a person.
func (a *api) note(format string, args ...any) { a.open = append(a.open, fmt.Sprintf(format, args...)) }

// needs declares a setting once, and gives the expression of its value.
func (a *api) needs(key string, secret bool) string {
	key = camel(key)
	if !slices.ContainsFunc(a.settings, func(s setting) bool { return s.key == key }) {
		a.settings = append(a.settings, setting{key, secret})
	}
	if secret {
		return "{{secrets." + key + "}}"
	}
	return "{{settings." + key + "}}"
}

// camel makes the key of a setting.
func camel(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		if i > 0 {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	key := strings.Join(words, "")
	if key == "" || unicode.IsDigit(rune(key[0])) {
		return "setting" + key
	}
	return strings.ToLower(key[:1]) + key[1:]
}

// usualHeader reports whether a header is one that every client sends by itself.
func usualHeader(name string) bool {
	return slices.Contains([]string{"accept", "content-type", "content-length", "user-agent", "host", "connection", "accept-encoding", "accept-language", "cache-control", "origin", "referer", "postman-token"}, strings.ToLower(name)) ||
		strings.HasPrefix(strings.ToLower(name), "sec-")
}

// finish makes the files, and reads them as the program does that serves them.
func (a *api) finish(id string) (*Draft, error) {
	a.id = cmp.Or(id, a.id)
	if !regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`).MatchString(a.id) {
		return nil, fault.New("draft.id", "%q is not a connector's id", a.id).Classed(fault.Config).
			Hinted("small letters, digits and hyphens, for example acme-orders")
	}
	if len(a.calls) == 0 {
		return nil, fault.New("draft.nothing", "the description tells of no call that a connector could make").Classed(fault.Config)
	}
	if a.address == "" {
		a.address = "https://example.com"
		a.note("manifest.yaml settings.address: the description tells no address")
	}
	a.names()
	for i := range a.calls {
		a.places(&a.calls[i])
		a.look(&a.calls[i])
	}
	a.note("manifest.yaml limits: how many calls the vendor allows")
	a.note("manifest.yaml rules: which codes of refusals are transient, rate, auth, data, duplicate or business_wait")
	a.note("manifest.yaml timeZone: Asia/Shanghai is assumed")
	d := &Draft{Manifest: a.manifest(), Definition: a.definition(), Open: a.open}
	if _, err := declarative.Parse(d.Manifest, d.Definition); err != nil {
		return nil, fault.Wrap(err, "draft.unusable", "what the description tells makes no connector").Classed(fault.Config)
	}
	return d, nil
}

// names gives each call a name of its own.
func (a *api) names() {
	seen := map[string]int{}
	for i := range a.calls {
		c := &a.calls[i]
		name := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(cmp.Or(c.name, c.path), "")
		name = strings.Trim(regexp.MustCompile(`/{2,}`).ReplaceAllString(regexp.MustCompile(`[^A-Za-z0-9._/-]+`).ReplaceAllString(name, "-"), "/"), "/-._")
		if name == "" || !unicode.IsLetter(rune(name[0])) {
			name = "call" + strings.TrimSuffix("-"+name, "-")
		}
		name = name[:min(len(name), 100)]
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s-%s", name, strings.ToLower(c.method))
			if seen[name]++; seen[name] > 1 {
				name = fmt.Sprintf("%s-%d", name, seen[name])
			}
		}
		c.name, c.title = name, cmp.Or(oneLine(c.title), name)
	}
}

// places sees to the method, gives every place in a path a parameter, and leaves out parameters whose names no
// expression can hold.
func (a *api) places(c *call) {
	if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}, c.method) {
		a.note("connector.yaml operations.%s.request.method: %q is no usual method; GET is taken", c.name, c.method)
		c.method = "GET"
	}
	c.path = regexp.MustCompile(`\{([^{}]*)\}`).ReplaceAllStringFunc(c.path, func(place string) string {
		name := camel(place)
		if !slices.ContainsFunc(c.params, func(p param) bool { return p.inPath && p.name == name }) {
			c.params = append(c.params, param{node: node{name: name, required: true}, inPath: true})
		}
		return "{" + name + "}"
	})
	c.params = slices.DeleteFunc(c.params, func(p param) bool {
		fits := regexp.MustCompile(`^[\pL\pN_$-]+$`).MatchString(p.name)
		if !fits {
			a.note("connector.yaml operations.%s.request.query: the parameter %q is left out for its name; write it by hand", c.name, p.name)
		}
		return !fits
	})
}

// look finds out whether a call reads, and notes what is not told.
func (a *api) look(c *call) {
	rows, _ := rowsOf(c.answer)
	c.reads = c.method == "GET" || c.method == "HEAD" ||
		c.method == "POST" && (rows != "" || pagingOf(c).strategy != "none") && regexp.MustCompile(`(?i)query|list|search|find|get|page`).MatchString(c.name+" "+c.path)
	at := "operations." + c.name
	if c.method != "GET" && c.method != "HEAD" {
		what := "writes"
		if c.reads {
			what = "reads"
		}
		a.note("manifest.yaml %s.kind: it is taken for one that %s; correct it if that is wrong", at, what)
	}
	switch {
	case !c.reads:
		a.note("manifest.yaml %s.writing: class D means that a person decides after a lost answer; A, B or C if the interface knows a repeated call, can be asked for what was written, or changes by key", at)
		a.note("connector.yaml %s.answer.id: where an answer tells the id or the number of what was written; the row's key is taken", at)
	case rows == "":
		a.note("connector.yaml %s.answer.rows: where the rows of an answer are; the whole answer is taken", at)
	}
	if c.reads {
		a.note("manifest.yaml %s.key, number and window: what identifies a row, and how a range of time is asked for", at)
		if pagingOf(c).strategy == "none" {
			a.note("manifest.yaml %s.paging: no parameters of pages were recognised", at)
		}
	}
	if _, ok := okay(c.answer); !ok {
		a.note("connector.yaml %s.answer.ok, code and message: how an answer says that a call was accepted, or why not; the HTTP status is taken", at)
	}
}

// rowsOf finds the first list of objects in an answer, and what its rows have.
func rowsOf(answer []node) (path string, fields []node) {
	if len(answer) == 1 && answer[0].name == "" { // the answer is a list
		return declarative.Whole, answer[0].children
	}
	var find func(prefix string, nodes []node, depth int) (string, []node)
	find = func(prefix string, nodes []node, depth int) (string, []node) {
		for _, n := range nodes {
			if n.kind == "array" && len(n.children) > 0 {
				return prefix + n.name, n.children
			}
		}
		for _, n := range nodes {
			if n.kind == "object" && depth < 4 {
				if path, fields := find(prefix+n.name+".", n.children, depth+1); path != "" {
					return path, fields
				}
			}
		}
		return "", nil
	}
	return find("", answer, 0)
}

// okay finds the member by which an answer says that a call was accepted.
func okay(answer []node) (n node, ok bool) {
	for _, name := range []string{"success", "code", "errcode", "errorCode", "status", "ret"} {
		for _, n := range answer {
			if n.name == name && (n.value != "" || n.kind == "bool") {
				return n, true
			}
		}
	}
	return node{}, false
}

// paging is how a call pages, as its parameters look.
type paging struct{ strategy, number, size string }

func pagingOf(c *call) paging {
	all := slices.Clone(c.body)
	for _, p := range c.params {
		all = append(all, p.node)
	}
	named := func(pattern string) string {
		for _, n := range all {
			if regexp.MustCompile(`(?i)^(` + pattern + `)$`).MatchString(n.name) {
				return n.name
			}
		}
		return ""
	}
	size := named(`page_?size|size|limit|per_?page|page_?limit|length|rows|count`)
	for _, way := range []struct{ strategy, pattern string }{
		{"page", `page|page_?(no|num|number|index)|current_?(page)?`},
		{"offset", `offset|start|skip|start_?row`},
		{"cursor", `cursor|page_?token|next_?(token|cursor)|starting_after|continuation_?token`},
	} {
		if name := named(way.pattern); name != "" {
			return paging{way.strategy, name, size}
		}
	}
	return paging{strategy: "none"}
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > 120 {
		return string(runes[:119]) + "…"
	}
	return s
}
