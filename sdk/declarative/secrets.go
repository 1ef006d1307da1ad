package declarative

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// SecretName reports whether a header or a parameter of this name proves who calls.
func SecretName(name string) bool {
	return regexp.MustCompile(`(?i)auth|token|secret|passw|cookie|session|signature|^sign$|(api|app|access)[-_]?key|^key$`).MatchString(name)
}

// shortest is the length in characters from which on a fixed value may be a secret; what is shorter are
// words and numbers of the interface.
const shortest = 8

// Exposed gives the paths of values that prove who calls by their names and are written down,
// where others would take them from the settings of a connection: for who passes a definition on.
func (d *Definition) Exposed() []string {
	var found []string
	look := func(path string, of *Node) { of.exposed(path, "", func(path string) { found = append(found, path) }) }
	request := func(path string, r *Request) {
		for _, part := range []part{{"query", &r.Query}, {"header", &r.Header}, {"form", &r.Form}, {"json", &r.JSON}} {
			look(path+"."+part.name, part.node)
		}
	}
	look("vars", &d.Vars)
	request("request", &d.Request)
	if d.Token != nil {
		request("token.request", &d.Token.Request)
		if d.Token.Renew != nil {
			request("token.renew", d.Token.Renew)
		}
	}
	look("check.params", &d.Check.Params)
	for _, name := range slices.Sorted(maps.Keys(d.Operations)) {
		o := d.Operations[name]
		look("operations."+name+".vars", &o.Vars)
		request("operations."+name+".request", &o.Request)
	}
	return found
}

// exposed reports the fixed values below a name that proves who calls.
func (n *Node) exposed(path, name string, report func(path string)) {
	if !n.Given() {
		return
	}
	switch n.shape {
	case text:
		if SecretName(name) && len([]rune(n.text)) >= shortest && (n.template == nil || n.template.Constant()) {
			report(path)
		}
	case constant:
		if SecretName(name) && len(n.fixed) >= shortest {
			report(path)
		}
	case object:
		for _, m := range n.members {
			m.node.exposed(path+"."+m.name, m.name, report)
		}
	case array:
		for i, e := range n.elements {
			e.exposed(fmt.Sprintf("%s[%d]", path, i), name, report)
		}
	case nothing:
	}
}
