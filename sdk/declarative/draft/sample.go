package draft

import (
	"regexp"
	"strings"

	"github.com/karezflow/karez/sdk/item"
)

// sampled gives the fields of a JSON text, nothing of one that is none. Of a list it gives one
// node without a name.
func sampled(text string) []node {
	raw := []byte(strings.TrimSpace(text))
	if len(raw) == 0 || item.Check(raw) != nil {
		return nil
	}
	v := item.Of(raw)
	if v.Kind() == item.Array {
		return []node{{kind: "array", children: elements(v)}}
	}
	return membersOf(v, 0)
}

func membersOf(v item.Value, depth int) []node {
	var out []node
	for name, value := range v.Fields() {
		n := node{name: name}
		switch value.Kind() {
		case item.Bool:
			n.kind = "bool"
		case item.Number:
			n.kind, n.value = "decimal", value.Text()
			if regexp.MustCompile(`^-?[0-9]+$`).MatchString(n.value) {
				n.kind = "int"
			}
		case item.Object:
			if n.kind = "object"; depth < 8 {
				n.children = membersOf(value, depth+1)
			}
		case item.Array:
			n.kind, n.children = "array", elements(value)
		default:
			n.kind, n.value = "string", value.Text()
			if regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}$`).MatchString(n.value) {
				n.kind = "datetime"
			}
		}
		out = append(out, n)
	}
	return out
}

// elements gives the fields of the first object in a list.
func elements(v item.Value) []node {
	for e := range v.Elements() {
		if e.Kind() == item.Object {
			return membersOf(e, 1)
		}
	}
	return nil
}

// forget takes the values away, which are somebody's data; those by which an answer says that
// it is one stay.
func forget(nodes []node, top bool) []node {
	for i := range nodes {
		if n := &nodes[i]; !top || !regexp.MustCompile(`^(code|errcode|errorCode|status|ret)$`).MatchString(n.name) {
			n.value = ""
		}
		forget(nodes[i].children, false)
	}
	return nodes
}
