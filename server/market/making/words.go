package making

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/market/template"
)

// unlicensed is the licence where nobody names one: the template is its workspace's alone.
const unlicensed = "LicenseRef-Proprietary"

// words fills the head, the pages and the changelog.
func (m *maker) words() {
	w, before, head := m.Words, m.Before.Metadata, &m.t.Metadata
	title := ""
	if len(m.t.Spec.Flows) > 0 {
		title = m.t.Spec.Flows[0].Metadata.Title
	}
	var zh, en []string
	for _, s := range m.t.Spec.Connections {
		zh, en = append(zh, s.Title.ZH), append(en, s.Title.EN)
	}
	systems := field.Text{ZH: strings.Join(slices.Compact(zh), " → "), EN: strings.Join(slices.Compact(en), " → ")}
	head.ID, head.Version = w.ID, w.Version
	head.Title = over(w.Title, over(before.Title, field.Text{ZH: title}))
	head.Summary = over(w.Summary, over(before.Summary, over(systems, head.Title)))
	head.Industry = over(w.Industry, before.Industry)
	head.Author, head.Licence = first(w.Author, before.Author), first(w.Licence, before.Licence, unlicensed)
	if head.Version == "" {
		head.Version = Next(before.Version)
	}
	m.t.Spec.Docs = over(w.Docs, over(m.Before.Spec.Docs, m.page()))
	line := template.Change{Version: head.Version, Text: over(w.Changelog, field.Text{ZH: "首个版本。", EN: "The first version."})}
	if before.Version != "" {
		line.Text = over(w.Changelog, field.Text{ZH: "第 " + head.Version + " 版。", EN: "Version " + head.Version + "."})
	}
	m.t.Spec.Changelog = append([]template.Change{line}, m.Before.Spec.Changelog...)
	m.t.Spec.Samples = w.Samples
	for _, p := range m.Before.Spec.Params {
		if m.param(p.Key) {
			m.t.Spec.Params = append(m.t.Spec.Params, p)
		}
	}
}

func (m *maker) param(key string) bool {
	for _, doc := range m.t.Spec.Flows {
		for _, p := range doc.Spec.Params {
			if p.Key == key {
				return true
			}
		}
	}
	return false
}

// page is what a template says of itself where nobody wrote anything.
func (m *maker) page() field.Text {
	var zh, en strings.Builder
	zh.WriteString("## 说明\n\n包含的方案：\n\n")
	en.WriteString("## What it does\n\nIts flows:\n\n")
	for _, doc := range m.t.Spec.Flows {
		fmt.Fprintf(&zh, "- %s\n", doc.Metadata.Title)
		fmt.Fprintf(&en, "- %s\n", doc.Metadata.Title)
	}
	zh.WriteString("\n需要的连接器：\n\n")
	en.WriteString("\nThe connections that it needs:\n\n")
	for _, s := range m.t.Spec.Connections {
		fmt.Fprintf(&zh, "- %s\n", s.Title.ZH)
		fmt.Fprintf(&en, "- %s\n", s.Title.EN)
	}
	return field.Text{ZH: zh.String(), EN: en.String()}
}

// Next gives the version after one, 1.0.0 after none.
func Next(v string) string {
	parts := strings.Split(v, ".")
	if len(parts) != 3 {
		return "1.0.0"
	}
	patch, err := strconv.Atoi(parts[2])
	if err != nil {
		return "1.0.0"
	}
	return parts[0] + "." + parts[1] + "." + strconv.Itoa(patch+1)
}

// Slug makes an id of the first name that has letters for one, "" of none.
func Slug(names ...string) string {
	for _, name := range names {
		text := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-")
		text = strings.TrimLeft(strings.Trim(text, "-"), "0123456789-")
		if len(text) > 80 {
			text = strings.Trim(text[:80], "-")
		}
		if len(text) > 1 && !strings.ContainsFunc(name, unicode.IsControl) {
			return text
		}
	}
	return ""
}
