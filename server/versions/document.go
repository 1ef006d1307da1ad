package versions

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/flow/words"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/versions/mapdoc"
)

// mostCodes is up to how many rows a code table stands in the document.
const mostCodes = codetable.MaxLimit

// MappingDocument tells what a flow reads, maps and writes, as a consultant hands it to a
// customer. which is the number of a version or Draft, "" the newest version, or the draft
// where there is none.
func (s *Service) MappingDocument(ctx context.Context, publicID, which string, chinese bool) (mapdoc.Book, error) {
	h, err := s.Flows.History(ctx, publicID)
	if err != nil {
		return mapdoc.Book{}, err
	}
	if which == "" {
		if which = Draft; h.Flow.Published > 0 {
			which = strconv.Itoa(h.Flow.Published)
		}
	}
	if which == Nothing {
		return mapdoc.Book{}, fault.New("flow.version_unknown", "%q is no version", which).At("version").Arg("value", which).Classed(fault.Config).Hinted("name the number of a version, or draft")
	}
	doc, err := s.document(ctx, publicID, which, "version")
	if err != nil {
		return mapdoc.Book{}, err
	}
	w := &writer{known: &known{ctx: ctx, s: s}, doc: doc, history: h, which: which, chinese: chinese, graph: flow.NewGraph(doc, s.Types)}
	if w.zone, err = time.LoadLocation(cmp.Or(doc.Spec.Settings.Timezone, flow.DefaultTimezone)); err != nil {
		w.zone = time.UTC // a draft may name none that exists
	}
	codes, err := w.codeTables()
	if err != nil {
		return mapdoc.Book{}, err
	}
	book := mapdoc.Book{Title: cmp.Or(doc.Metadata.Title, doc.Metadata.Name), Overview: w.say("概况", "Overview")}
	book.Sections = append(book.Sections, w.overview())
	book.Sections = append(book.Sections, w.nodes()...)
	book.Sections = append(book.Sections, w.lookups(), codes, w.params(), w.changes())
	book.Sections = slices.DeleteFunc(book.Sections, func(s mapdoc.Section) bool { return len(s.Facts)+len(s.Tables) == 0 })
	return book, nil
}

// writer makes one document.
type writer struct {
	*known

	doc     *flow.Document
	graph   *flow.Graph
	history draft.History
	which   string
	chinese bool
	zone    *time.Location
	// found are the look-ups of all mappings.
	found [][]string
}

func (w *writer) say(zh, en string) string {
	if w.chinese {
		return zh
	}
	return en
}

func (w *writer) pick(t field.Text) string {
	if w.chinese {
		return cmp.Or(t.ZH, t.EN)
	}
	return cmp.Or(t.EN, t.ZH)
}

func (w *writer) when(at int64) string {
	return time.UnixMilli(at).In(w.zone).Format(time.DateTime)
}

func (w *writer) commandLine(author string) string {
	return cmp.Or(author, w.say("命令行", "Command line"))
}

// flowTitle gives how the flow behind an alias is called.
func (w *writer) flowTitle(alias string) string { return cmp.Or(w.doc.Spec.Uses[alias].Title, alias) }

func (w *writer) overview() mapdoc.Section {
	s := mapdoc.Section{Title: w.say("概况", "Overview")}
	fact := func(zh, en, value string) {
		if value != "" {
			s.Facts = append(s.Facts, mapdoc.Fact{Name: w.say(zh, en), Value: value})
		}
	}
	fact("方案", "Flow", w.doc.Metadata.Title)
	fact("名称", "Name", w.doc.Metadata.Name)
	if w.which == Draft {
		fact("版本", "Version", w.say("草稿", "Draft"))
	}
	for _, v := range w.history.Versions {
		if strconv.Itoa(v.No) == w.which {
			fact("版本", "Version", w.which)
			fact("校验值", "Hash", v.Hash)
			fact("发布", "Published", w.commandLine(v.Author)+" "+w.when(int64(v.Created)))
			fact("说明", "Note", v.Note)
		}
	}
	for _, t := range w.doc.Spec.Triggers {
		fact("触发", "Starts", w.pick(words.Trigger(t, w.flowTitle)))
	}
	fact("时区", "Time zone", cmp.Or(w.doc.Spec.Settings.Timezone, flow.DefaultTimezone))
	for _, name := range slices.Sorted(maps.Keys(w.doc.Spec.Connectors)) {
		fact("固定的连接器版本", "Pinned version", name+" "+w.doc.Spec.Connectors[name])
	}
	for _, alias := range slices.Sorted(maps.Keys(w.doc.Spec.Uses)) {
		fact("引用的方案", "Flow referred to", w.flowTitle(alias))
	}
	return s
}

func (w *writer) nodes() []mapdoc.Section {
	var sections []mapdoc.Section
	steps := mapdoc.Section{Title: w.say("处理步骤", "Steps between")}
	rows := [][]string{}
	for i := range w.doc.Spec.Nodes {
		n := &w.doc.Spec.Nodes[i]
		d, _ := w.graph.Declaration(n.ID)
		switch {
		case d.Role == node.Source:
			sections = append(sections, w.source(n))
		case n.Type == "map":
			sections = append(sections, w.mapping(n))
		case d.Role == node.Target && w.mapOf(n) != nil: // told with its mapping
		case d.Role == node.Target, d.Role == node.Writeback:
			sections = append(sections, w.written(n, d))
		default:
			rows = append(rows, w.step(n, d)...)
		}
	}
	if len(rows) > 0 {
		steps.Tables = []mapdoc.Table{{Heading: []string{w.say("节点", "Node"), w.say("类型", "Type"), w.say("设置", "Setting"), w.say("内容", "Value")}, Rows: rows}}
	}
	return append(sections, steps)
}

// mapOf gives the mapping whose fields a target writes.
func (w *writer) mapOf(target *flow.Node) *flow.Node {
	for i := range w.doc.Spec.Nodes {
		if n := &w.doc.Spec.Nodes[i]; n.Type == "map" {
			if t := w.target(w.doc, n.ID); t != nil && t.ID == target.ID {
				return n
			}
		}
	}
	return nil
}

func (w *writer) titleOf(n *flow.Node) string {
	d, _ := w.graph.Declaration(n.ID)
	return cmp.Or(n.Title, w.pick(d.Title), n.ID)
}

// heading are the columns of the tables that consultants write.
func (w *writer) heading() []string {
	return []string{w.say("字段", "Field"), w.say("字段名称", "Field name"), w.say("类型", "Type"), w.say("配置值", "Value")}
}

// facts tell which interface a node calls.
func (w *writer) facts(n *flow.Node) []mapdoc.Fact {
	facts := []mapdoc.Fact{
		{Name: w.say("调用接口", "Operation"), Value: item.Of(n.Settings).Field("operation").Text()},
		{Name: w.say("连接器", "Connection"), Value: n.Connection},
	}
	if op := w.operation(w.doc, n); op != nil {
		facts = slices.Insert(facts, 1, mapdoc.Fact{Name: w.say("接口名称", "Name"), Value: w.pick(op.Title)})
		facts[2].Value += " (" + op.Connector + " " + op.Version + ")"
	}
	return facts
}

// settingFacts tell the plain settings of a node that are set.
func (w *writer) settingFacts(n *flow.Node, d node.Declaration) []mapdoc.Fact {
	var facts []mapdoc.Fact
	for i := range d.Settings {
		s := &d.Settings[i]
		v := item.Of(n.Settings).Field(s.Key)
		switch s.Kind {
		case field.Params, field.Mapping, field.List, field.Operation:
			continue
		default:
		}
		if v.Blank() {
			continue
		}
		text, title := words.Setting(s, v)
		facts = append(facts, mapdoc.Fact{Name: cmp.Or(w.pick(s.Title), s.Key), Value: cmp.Or(w.pick(title), text)})
	}
	return facts
}

func (w *writer) source(n *flow.Node) mapdoc.Section {
	d, _ := w.graph.Declaration(n.ID)
	request, response := w.fields(w.doc, n)
	s := mapdoc.Section{Title: w.say("来源：", "Source: ") + w.titleOf(n), Facts: append(w.facts(n), w.settingFacts(n, d)...)}
	s.Tables = append(s.Tables, mapdoc.Table{
		Title: w.say("请求参数", "Request parameters"), Sheet: w.say("请求参数 ", "Request ") + w.titleOf(n),
		Heading: w.heading(), Rows: w.rows(item.Of(n.Settings).Field("params"), request, "", nil),
	})
	if rows := w.read(n, response); len(rows) > 0 {
		s.Tables = append(s.Tables, mapdoc.Table{
			Title: w.say("响应参数（用到的）", "Response fields that are used"), Sheet: w.say("响应参数 ", "Response ") + w.titleOf(n), Heading: w.heading(), Rows: rows,
		})
	}
	return s
}

func (w *writer) mapping(n *flow.Node) mapdoc.Section {
	target := w.target(w.doc, n.ID)
	name := n
	s := mapdoc.Section{}
	if target != nil {
		d, _ := w.graph.Declaration(target.ID)
		name, s.Facts = target, append(w.facts(target), w.settingFacts(target, d)...)
	}
	fields := w.filled(w.doc, n, "fields")
	rows := w.rows(item.Of(n.Settings).Field("fields"), fields, "", func(path string, row item.Value) { w.look(n, path, row) })
	s.Title = w.say("目标：", "Target: ") + w.titleOf(name)
	s.Tables = []mapdoc.Table{{Title: w.say("请求参数", "Request parameters"), Sheet: w.say("映射 ", "Mapping ") + w.titleOf(name), Heading: w.heading(), Rows: rows}}
	if target != nil {
		s.Tables = append(s.Tables, w.other(target)...)
	}
	return s
}

// other are the request parameters of a target beside the mapping.
func (w *writer) other(n *flow.Node) []mapdoc.Table {
	request, _ := w.fields(w.doc, n)
	rows := w.rows(item.Of(n.Settings).Field("params"), request, "", nil)
	if len(rows) == 0 {
		return nil
	}
	return []mapdoc.Table{{Title: w.say("其他请求参数", "Other request parameters"), Sheet: w.say("其他参数 ", "Other ") + w.titleOf(n), Heading: w.heading(), Rows: rows}}
}

// written is a target that no mapping leads to, or a write-back.
func (w *writer) written(n *flow.Node, d node.Declaration) mapdoc.Section {
	s := mapdoc.Section{Title: cmp.Or(w.pick(d.Title), n.Type) + w.say("：", ": ") + w.titleOf(n), Facts: w.settingFacts(n, d)}
	if item.Of(n.Settings).Field("operation").Kind() != item.None {
		s.Facts = append(w.facts(n), s.Facts...)
	}
	for i := range d.Settings {
		of := &d.Settings[i]
		if of.Kind != field.Params && of.Kind != field.Mapping {
			continue
		}
		look := func(path string, row item.Value) { w.look(n, path, row) }
		if rows := w.rows(item.Of(n.Settings).Field(of.Key), w.filled(w.doc, n, of.Key), "", look); len(rows) > 0 {
			s.Tables = append(s.Tables, mapdoc.Table{Title: w.pick(of.Title), Sheet: w.pick(of.Title) + " " + w.titleOf(n), Heading: w.heading(), Rows: rows})
		}
	}
	return s
}

// rows tell the rows of a table as consultants write them: nested fields by dots.
func (w *writer) rows(v item.Value, declared []field.Field, prefix string, look func(path string, row item.Value)) [][]string {
	rows := [][]string{}
	for row := range v.Elements() {
		name := row.Field("field").Text()
		f := field.Find(declared, name)
		if f == nil {
			f = &field.Field{}
		}
		title := cmp.Or(row.Field("title").Text(), row.Field("label").Text(), w.pick(f.Title))
		typ := cmp.Or(row.Field("type").Text(), string(f.Type), string(field.String))
		rows = append(rows, []string{prefix + name, title, typ, words.Plain(row.Field("value"))})
		if look != nil {
			look(prefix+name, row)
		}
		rows = append(rows, w.rows(row.Field("children"), f.Children, prefix+name+".", look)...)
	}
	return rows
}

// step tells a node by its settings.
func (w *writer) step(n *flow.Node, d node.Declaration) [][]string {
	typ := cmp.Or(w.pick(d.Title), n.Type)
	var rows [][]string
	for key, v := range item.Of(n.Settings).Fields() {
		s := &field.Setting{Key: key}
		if at := slices.IndexFunc(d.Settings, func(of field.Setting) bool { return of.Key == key }); at >= 0 {
			s = &d.Settings[at]
		}
		text, title := words.Setting(s, v)
		if text = cmp.Or(w.pick(title), text); text != "" {
			rows = append(rows, []string{w.titleOf(n), typ, cmp.Or(w.pick(s.Title), key), text})
		}
	}
	if len(rows) == 0 {
		rows = append(rows, []string{w.titleOf(n), typ, "", ""})
	}
	return rows
}

// look remembers where the value of a row is looked up.
func (w *writer) look(n *flow.Node, path string, row item.Value) {
	where, is := words.Lookup(row.Field("value").Text(), row.Field("table").Text(), w.flowTitle)
	if !is {
		return
	}
	miss := map[string]field.Text{
		"park": {ZH: "等待补齐", EN: "Waits for it"}, "empty": {ZH: "留空", EN: "Empty"}, "error": {ZH: "报错", EN: "Fails"}, "keep": {ZH: "保留原值", EN: "Keeps what it was"},
		"": {ZH: "按字段默认", EN: "As the field asks for"},
	}
	w.found = append(w.found, []string{w.titleOf(n), path, w.pick(where), w.pick(miss[row.Field("onMiss").Text()])})
}

func (w *writer) lookups() mapdoc.Section {
	s := mapdoc.Section{Title: w.say("联查", "Look-ups")}
	if len(w.found) > 0 {
		s.Tables = []mapdoc.Table{{Heading: []string{w.say("节点", "Node"), w.say("字段", "Field"), w.say("从哪里取", "Where from"), w.say("找不到时", "Where nothing is found")}, Rows: w.found}}
	}
	return s
}

func (w *writer) params() mapdoc.Section {
	s := mapdoc.Section{Title: w.say("方案参数", "Parameters")}
	rows := [][]string{}
	for _, p := range w.doc.Spec.Params {
		rows = append(rows, []string{p.Key, cmp.Or(p.Title, p.Describe), cmp.Or(p.Type, string(field.String)), words.Plain(item.Of(p.Default))})
	}
	if len(rows) > 0 {
		s.Tables = []mapdoc.Table{{Heading: w.heading(), Rows: rows}}
	}
	return s
}

func (w *writer) changes() mapdoc.Section {
	s := mapdoc.Section{Title: w.say("变更记录", "Change log")}
	rows := [][]string{}
	for _, v := range w.history.Versions {
		note := v.Note
		if v.From > 0 {
			note += w.say("（回滚自版本 ", " (went back to version ") + strconv.Itoa(v.From) + w.say("）", ")")
		}
		rows = append(rows, []string{strconv.Itoa(v.No), w.when(int64(v.Created)), w.commandLine(v.Author), v.Hash[:min(12, len(v.Hash))], note})
	}
	if len(rows) > 0 {
		s.Tables = []mapdoc.Table{{Heading: []string{w.say("版本", "Version"), w.say("发布时间", "Published"), w.say("发布人", "By"), w.say("校验值", "Hash"), w.say("说明", "Note")}, Rows: rows}}
	}
	return s
}
