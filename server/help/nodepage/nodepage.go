// Package nodepage draws the reference page of a node that a plugin brings from the plugin's
// manifest: what it does, its settings, its ports and its examples. Texts of a manifest are
// shown as they are, whatever they would mean in Markdown.
//
// It may import server/help, sdk/field, sdk/manifest and sdk/node only.
package nodepage

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/help"
)

// ID is the page of a node type. Its slash becomes two hyphens, which no plugin has in its id.
func ID(nodeType string) string { return "node-" + strings.ReplaceAll(nodeType, "/", "--") }

// Pages gives the pages of all nodes of the plugins that serve, in their order.
func Pages(serving func(context.Context) ([]*manifest.Manifest, error)) func(context.Context, bool) ([]help.Page, error) {
	return func(ctx context.Context, english bool) ([]help.Page, error) {
		all, err := serving(ctx)
		if err != nil {
			return nil, err
		}
		var pages []help.Page
		for _, m := range all {
			for i, d := range m.Declarations() {
				pages = append(pages, Of(m, d, m.Nodes[i].Examples, english))
			}
		}
		return pages, nil
	}
}

// words are what a page says besides what the manifest does.
type words struct {
	gap, port, use, from, settings, header, none, ports, in, out, more, failed, example, set, document, result string
	required, standard, options, between, least, most, only                                                    string
}

func wordsIn(english bool) words {
	if english {
		return words{
			use: "What it does", gap: " ", port: "%s (%s)", from: "Brought by the plugin [%s](/plugins/%s), version %s.", settings: "Settings", header: "| Setting | Key | Means |", none: "It has no settings.",
			ports: "Ports", in: "It takes", out: "and gives", more: "One port more for each element of `%s`.", failed: "The port `error` takes documents that fail.",
			example: "Examples", set: "Settings:", document: "Of this document", result: "it makes",
			required: "Required.", standard: "Default %s.", options: "One of", between: "From %d to %d.", least: "At least %d.", most: "At most %d.", only: "Only where %s is %s.",
		}
	}
	return words{
		use: "作用", port: "“%s”（%s）", from: "由连接器插件 [%s](/plugins/%s) 提供，版本 %s。", settings: "设置", header: "| 设置 | 键 | 说明 |", none: "没有设置项。",
		ports: "端口", in: "入口", out: "出口", more: "`%s` 的每个元素另有一个出口。", failed: "`error` 端口接出错的单据。",
		example: "例子", set: "设置：", document: "这张单据", result: "会变成",
		required: "必填。", standard: "默认 %s。", options: "可选", between: "取值 %d 到 %d。", least: "不小于 %d。", most: "不大于 %d。", only: "仅在 %s 为 %s 时有效。",
	}
}

// drawing is a page in the making.
type drawing struct {
	page    help.Page
	b       strings.Builder
	w       words
	english bool
}

// Of draws the page of a node.
func Of(m *manifest.Manifest, d node.Declaration, examples []manifest.NodeExample, english bool) help.Page {
	p := &drawing{w: wordsIn(english), english: english}
	title := cmp.Or(p.say(d.Title), d.Type)
	p.page.ID, p.page.Title = ID(d.Type), title
	fmt.Fprintf(&p.b, "# %s {#%s}\n\n", escaped(title), p.page.ID)
	p.heading(2, "use", p.w.use)
	fmt.Fprintf(&p.b, "%s\n\n"+p.w.from+"\n\n", escaped(p.say(d.Describe)), escaped(cmp.Or(p.say(m.Title), m.ID)), m.ID, code(m.Version))
	p.heading(2, "settings", p.w.settings)
	if len(d.Settings) == 0 {
		p.b.WriteString(p.w.none + "\n\n")
	} else {
		p.b.WriteString(p.w.header + "\n|---|---|---|\n")
		p.settings(d.Settings, "")
		p.b.WriteString("\n")
	}
	p.heading(2, "ports", p.w.ports)
	p.ports(&d)
	if len(examples) > 0 {
		p.heading(2, "example", p.w.example)
	}
	for i, e := range examples {
		p.heading(3, fmt.Sprint("example-", i+1), p.say(e.Title))
		p.block(p.w.set, e.Settings)
		p.block(p.w.document, e.Document)
		p.block(p.w.result, e.Result)
	}
	p.page.Text = p.b.String()
	return p.page
}

// say gives a text in the page's language, or in the other one.
func (p *drawing) say(t field.Text) string {
	if p.english {
		return flat(cmp.Or(t.EN, t.ZH))
	}
	return flat(cmp.Or(t.ZH, t.EN))
}

func (p *drawing) heading(level int, id, title string) {
	p.page.Headings = append(p.page.Headings, help.Heading{Level: level, ID: id, Title: title})
	fmt.Fprintf(&p.b, "%s %s {#%s}\n\n", strings.Repeat("#", level), escaped(title), id)
}

func (p *drawing) settings(list []field.Setting, under string) {
	for i := range list {
		s := &list[i]
		key := under + s.Key
		fmt.Fprintf(&p.b, "| %s | %s | %s |\n", escaped(cmp.Or(p.say(s.Title), s.Key)), code(key), strings.Join(p.meaning(s, list), p.w.gap))
		if s.Kind == field.List {
			key += "[]"
		}
		p.settings(s.Items, key+".")
	}
}

// meaning tells what a setting is, in sentences.
func (p *drawing) meaning(s *field.Setting, beside []field.Setting) []string {
	var said []string
	if text := p.say(s.Describe); text != "" {
		said = append(said, escaped(text))
	}
	if len(s.Options) > 0 {
		said = append(said, p.options(s.Options))
	}
	switch {
	case s.Min != nil && s.Max != nil:
		said = append(said, fmt.Sprintf(p.w.between, *s.Min, *s.Max))
	case s.Min != nil:
		said = append(said, fmt.Sprintf(p.w.least, *s.Min))
	case s.Max != nil:
		said = append(said, fmt.Sprintf(p.w.most, *s.Max))
	}
	if s.When != nil {
		said = append(said, fmt.Sprintf(p.w.only, p.name(s.When.Key, beside), code(strings.Join(s.When.In, ", "))))
	}
	if s.Default != "" {
		said = append(said, fmt.Sprintf(p.w.standard, code(s.Default)))
	}
	if s.Required && s.Default == "" {
		said = append(said, p.w.required)
	}
	return said
}

// name gives the title of a setting beside another.
func (p *drawing) name(key string, beside []field.Setting) string {
	if at := slices.IndexFunc(beside, func(s field.Setting) bool { return s.Key == key }); at >= 0 {
		return escaped(cmp.Or(p.say(beside[at].Title), key))
	}
	return code(key)
}

func (p *drawing) options(list []field.Option) string {
	told := make([]string, len(list))
	for i, o := range list {
		told[i] = strings.TrimSpace(code(o.Value) + " " + escaped(p.say(o.Title)))
	}
	if p.english {
		return p.w.options + ": " + strings.Join(told, "; ") + "."
	}
	return p.w.options + "：" + strings.Join(told, "；") + "。"
}

func (p *drawing) ports(d *node.Declaration) {
	named := func(list []node.Port) string {
		told := make([]string, len(list))
		for i, o := range list {
			told[i] = fmt.Sprintf(p.w.port, escaped(cmp.Or(p.say(o.Title), o.Name)), code(o.Name))
		}
		if !p.english {
			return strings.Join(told, "、")
		}
		return strings.Join(told, ", ")
	}
	if p.english {
		fmt.Fprintf(&p.b, "%s %s %s %s.", p.w.in, named(d.Inputs), p.w.out, named(d.Outputs))
	} else {
		fmt.Fprintf(&p.b, "%s%s，%s%s。", p.w.in, named(d.Inputs), p.w.out, named(d.Outputs))
	}
	if d.OutputsFrom != "" {
		fmt.Fprintf(&p.b, p.w.gap+p.w.more, d.OutputsFrom)
	}
	p.b.WriteString(p.w.gap + p.w.failed + "\n\n")
}

// line is how long JSON may be that is shown on one.
const line = 90

// block shows JSON with its numbers as they are written.
func (p *drawing) block(title, text string) {
	var out bytes.Buffer
	write := func() error { return json.Indent(&out, []byte(text), "", "  ") }
	if len(text) <= line {
		write = func() error { return json.Compact(&out, []byte(text)) }
	}
	if write() != nil {
		return // the manifest was checked
	}
	fmt.Fprintf(&p.b, "%s\n\n```json\n%s\n```\n\n", title, out.String())
}

// flat puts a text on one line.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// escaped is a text that means nothing but itself in Markdown.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range flat(text) {
		if strings.ContainsRune("\\`*_{}[]<>#|~&!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code shows a text in the type of programs, where Markdown can do that in a table.
func code(text string) string {
	if text = flat(text); text == "" || strings.ContainsAny(text, "`|") {
		return escaped(text)
	}
	return "`" + text + "`"
}
