package draft

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/declarative"
)

// quoted writes a text so that YAML reads it as one.
func quoted(s string) string {
	if regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*$`).MatchString(s) && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(s)) {
		return s
	}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a text always encodes
	return strings.TrimSpace(out.String())
}

func titled(zh string) string { return "{zh: " + quoted(zh) + ", en: " + quoted(zh) + "}" }

// list writes what is open as a comment.
func (a *api) list() string {
	var out strings.Builder
	out.WriteString("# Drafted. Still to be seen to:\n")
	for _, o := range a.open {
		fmt.Fprintf(&out, "# - %s\n", o)
	}
	return out.String()
}

func (a *api) manifest() []byte {
	var out strings.Builder
	out.WriteString(a.list())
	fmt.Fprintf(&out, "id: %s\nversion: 0.1.0\ntitle: %s\ntimeZone: Asia/Shanghai\nhosts: [\"{address}\"]\nnoSandbox: true\n\nsettings:\n", a.id, titled(cmp.Or(oneLine(a.title), a.id)))
	fmt.Fprintf(&out, "  - {key: address, kind: url, required: true, default: %s, title: {zh: 接口地址, en: Address}}\n", quoted(a.address))
	for _, s := range a.settings {
		secret := ""
		if s.secret {
			secret = "secret: true, "
		}
		fmt.Fprintf(&out, "  - {key: %s, kind: text, required: true, %stitle: %s}\n", s.key, secret, titled(s.key))
	}
	out.WriteString("\noperations:\n")
	for i := range a.calls {
		a.operation(&out, &a.calls[i])
	}
	return []byte(out.String())
}

func (a *api) operation(out *strings.Builder, c *call) {
	kind, request := "write", c.body
	if c.reads {
		kind = "query"
	}
	fmt.Fprintf(out, "  - name: %s\n    kind: %s\n    title: %s\n    object: %s\n", quoted(c.name), kind, titled(c.title), quoted(c.name[strings.LastIndexByte(c.name, '/')+1:]))
	if c.reads {
		out.WriteString(pagingOf(c).written())
	} else {
		out.WriteString("    writing: {maxRows: 1, defaultRows: 1, answers: perRow, batch: atomic, onRevised: decide, create: {class: D}}\n")
	}
	out.WriteString("    request:")
	var params []node
	for _, p := range c.params {
		params = append(params, p.node)
	}
	if len(params)+len(request) == 0 {
		out.WriteString(" []\n")
	} else {
		out.WriteString("\n")
		seen := map[string]bool{}
		fields(out, "      ", params, "group: other, ", seen)
		fields(out, "      ", request, "", seen)
	}
	if _, rows := rowsOf(c.answer); c.reads && len(rows) > 0 {
		out.WriteString("    response:\n")
		fields(out, "      ", rows, "", map[string]bool{})
	} else if c.reads && len(c.answer) > 0 {
		out.WriteString("    response:\n")
		fields(out, "      ", c.answer, "", map[string]bool{})
	}
}

// written gives the paging as a manifest has it.
func (p paging) written() string {
	if p.strategy == "none" {
		return "    paging: {strategy: none}\n"
	}
	member := map[string]string{"page": "number", "offset": "offset", "cursor": "token"}[p.strategy]
	text := "    paging: {strategy: " + p.strategy + ", " + member + ": " + quoted(p.number)
	if p.size != "" {
		text += ", size: " + quoted(p.size)
	}
	if p.strategy == "page" {
		text += ", first: 1"
	}
	return text + ", defaultSize: 50, maxSize: 100}\n"
}

// fields writes declared fields, each name once.
func fields(out *strings.Builder, indent string, nodes []node, more string, seen map[string]bool) {
	for _, n := range nodes {
		if n.name == "" || seen[n.name] {
			continue
		}
		seen[n.name] = true
		if n.required {
			more = "required: true, " + strings.TrimPrefix(more, "required: true, ")
		} else {
			more = strings.TrimPrefix(more, "required: true, ")
		}
		kind := cmp.Or(n.kind, "string")
		if len(n.children) == 0 {
			fmt.Fprintf(out, "%s- {field: %s, type: %s, %stitle: %s}\n", indent, quoted(n.name), kind, more, titled(cmp.Or(oneLine(n.title), n.name)))
			continue
		}
		fmt.Fprintf(out, "%s- field: %s\n%s  type: %s\n", indent, quoted(n.name), indent, kind)
		if n.required {
			fmt.Fprintf(out, "%s  required: true\n", indent)
		}
		fmt.Fprintf(out, "%s  title: %s\n%s  children:\n", indent, titled(cmp.Or(oneLine(n.title), n.name)), indent)
		fields(out, indent+"    ", n.children, "", map[string]bool{})
	}
}

func (a *api) definition() []byte {
	var out strings.Builder
	out.WriteString(a.list())
	out.WriteString("definition: 1\naddress: \"{{settings.address}}\"\n")
	check := ""
	for _, c := range a.calls {
		if c.reads && (check == "" || !strings.Contains(c.path, "{")) && (check == "" || strings.Contains(a.path(check), "{")) {
			check = c.name
		}
	}
	if check != "" {
		fmt.Fprintf(&out, "\ncheck: {operation: %s}\n", quoted(check))
	}
	out.WriteString("\noperations:\n")
	for i := range a.calls {
		a.call(&out, &a.calls[i])
	}
	return []byte(out.String())
}

func (a *api) path(name string) string {
	return a.calls[slices.IndexFunc(a.calls, func(c call) bool { return c.name == name })].path
}

func (a *api) call(out *strings.Builder, c *call) {
	path := regexp.MustCompile(`\{([^}]*)\}`).ReplaceAllStringFunc(c.path, func(place string) string { return "{{params." + place[1:len(place)-1] + "}}" })
	fmt.Fprintf(out, "  %s:\n    request:\n      method: %s\n      path: %s\n", quoted(c.name), c.method, quoted(path))
	members(out, "query", append(slices.Clone(a.query), placed(c.params, false)...))
	members(out, "header", append(slices.Clone(a.header), c.header...))
	inPath := []string{}
	for _, p := range c.params {
		inPath = append(inPath, "'"+p.name+"'")
	}
	switch {
	case c.method == "GET" || c.method == "HEAD" || len(c.body) == 0 && c.reads:
	case c.reads && len(inPath) > 0:
		fmt.Fprintf(out, "      %s: {\"...\": \"{{params | without %s}}\"}\n", c.bodyKind(), strings.Join(inPath, " "))
	case c.reads:
		fmt.Fprintf(out, "      %s: {\"...\": \"{{params}}\"}\n", c.bodyKind())
	case c.form:
		out.WriteString("      form: {\"...\": \"{{row}}\"}\n")
	default:
		out.WriteString("      json: \"{{row}}\"\n")
	}
	out.WriteString("    answer:\n")
	if n, ok := okay(c.answer); ok {
		values := ""
		if n.value != "" && n.kind != "bool" {
			values = ", values: [" + quoted(n.value) + "]"
		}
		fmt.Fprintf(out, "      ok: {path: %s%s}\n      code: %s\n", quoted(n.name), values, quoted(n.name))
	}
	out.WriteString("      message: [message, msg, errorMessage, error]\n")
	if !c.reads {
		out.WriteString("      number: \"{{key}}\"\n")
		return
	}
	rows, _ := rowsOf(c.answer)
	fmt.Fprintf(out, "      rows: %s\n", quoted(cmp.Or(rows, declarative.Whole)))
	if total := named(c.answer, "", `(?i)^(total|total_?count|count|record_?count)$`, 0); total != "" {
		fmt.Fprintf(out, "      total: %s\n", quoted(total))
	}
	if p := pagingOf(c); p.strategy == "cursor" {
		fmt.Fprintf(out, "      next: %s\n", quoted(cmp.Or(named(c.answer, "", `(?i)next|cursor`, 0), "next_cursor")))
	}
}

func (c *call) bodyKind() string {
	if c.form {
		return "form"
	}
	return "json"
}

// placed gives the parameters of the query, or of the path.
func placed(params []param, inPath bool) []pair {
	var out []pair
	for _, p := range params {
		if p.inPath == inPath {
			out = append(out, pair{p.name, "{{params." + p.name + "}}"})
		}
	}
	return out
}

func members(out *strings.Builder, name string, pairs []pair) {
	if len(pairs) == 0 {
		return
	}
	fmt.Fprintf(out, "      %s:\n", name)
	seen := map[string]bool{}
	for _, p := range pairs {
		if !seen[p.name] {
			fmt.Fprintf(out, "        %s: %s\n", quoted(p.name), quoted(p.value))
		}
		seen[p.name] = true
	}
}

// named finds a member of an answer by its name, outside lists.
func named(nodes []node, prefix, pattern string, depth int) string {
	for _, n := range nodes {
		if n.kind != "array" && n.kind != "object" && regexp.MustCompile(pattern).MatchString(n.name) {
			return prefix + n.name
		}
	}
	for _, n := range nodes {
		if n.kind == "object" && depth < 4 {
			if found := named(n.children, prefix+n.name+".", pattern, depth+1); found != "" {
				return found
			}
		}
	}
	return ""
}
