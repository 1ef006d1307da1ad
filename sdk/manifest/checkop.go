package manifest

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/karezflow/karez/sdk/field"
)

func (c *checker) operation(path string, o *Operation) {
	at := func(part string) string {
		if path == "" {
			return part
		}
		return path + "." + part
	}
	c.name(at("name"), o.Name, regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]{0,126}(#[A-Za-z0-9._-]+)?$`), "letters, digits and . _ / -")
	c.oneOf(at("kind"), string(o.Kind), true, string(Query), string(Write), string(Action))
	c.need(at("title.zh"), o.Title.ZH)
	c.need(at("object"), o.Object)
	c.fields(at("request"), o.Request)
	c.fields(at("response"), o.Response)
	c.param(at("form"), o, o.Form)
	c.rules(at("rules"), o.Rules)
	c.forms(at("forms"), o)
	c.parts(at, o)
	if o.Window != nil {
		c.window(at("window"), o)
	}
	if o.Paging != nil {
		c.paging(at("paging"), o)
	}
	if o.ByNumber != nil {
		c.need(at("byNumber.param"), o.ByNumber.Param)
		c.param(at("byNumber.param"), o, o.ByNumber.Param)
		if o.ByNumber.Max <= 0 {
			c.add(at("byNumber.max"), "out_of_range", "at least one number must fit in a call")
		}
	}
	if o.Writing != nil {
		c.writing(at("writing"), o)
	}
}

// parts compares what an operation declares with its kind.
func (c *checker) parts(at func(string) string, o *Operation) {
	present := []struct {
		name  string
		given bool
		kinds []OperationKind
		must  bool
	}{
		{"window", o.Window != nil, []OperationKind{Query}, false},
		{"paging", o.Paging != nil, []OperationKind{Query}, true},
		{"byNumber", o.ByNumber != nil, []OperationKind{Query}, false},
		{"writing", o.Writing != nil, []OperationKind{Write, Action}, o.Kind == Write},
	}
	for _, p := range present {
		belongs := slices.Contains(p.kinds, o.Kind)
		if p.given && !belongs {
			c.add(at(p.name), "not_allowed", "an operation of kind %s has no %s", o.Kind, p.name)
		}
		if !p.given && belongs && p.must {
			c.add(at(p.name), "required", "an operation of kind %s needs %s", o.Kind, p.name)
		}
	}
}

func (c *checker) forms(path string, o *Operation) {
	if len(o.Forms) > 0 && o.Form == "" {
		c.add(path, "not_allowed", "forms need the name of the parameter that chooses them: form")
	}
	seen := map[string]bool{}
	for i := range o.Forms {
		f, path := &o.Forms[i], index(path, i)
		c.need(path+".id", f.ID)
		c.once(seen, path+".id", f.ID)
		c.need(path+".title.zh", f.Title.ZH)
		c.fields(path+".request", f.Request)
		c.fields(path+".response", f.Response)
		for j, own := range f.Request {
			if slices.ContainsFunc(o.Request, func(b field.Field) bool { return b.Name == own.Name }) {
				c.add(index(path+".request", j)+".field", "duplicate", "%s is a field of the operation already", own.Name)
			}
		}
		if o.Writing == nil && (f.WriteKey != "" || len(f.Compare) > 0) {
			c.add(path, "not_allowed", "writeKey and compare belong to operations with writing")
		}
	}
}

// param reports a parameter that the operation doesn't declare, nor every form of it.
func (c *checker) param(path string, o *Operation, name string) {
	if name == "" || field.Find(o.Request, name) != nil {
		return
	}
	inForm := func(f Form) bool { return field.Find(f.Request, name) != nil }
	if len(o.Forms) == 0 || slices.ContainsFunc(o.Forms, func(f Form) bool { return !inForm(f) }) {
		c.add(path, "unknown_field", "%s is not one of the request fields", name)
	}
}

func (c *checker) window(path string, o *Operation) {
	w := o.Window
	if (w.From == "") != (w.To == "") {
		c.add(path, "required", "from and to go together; leave out both when the flow writes the range into a filter of its own")
	}
	c.param(path+".from", o, w.From)
	c.param(path+".to", o, w.To)
	if w.From != "" {
		c.need(path+".format", w.Format)
	}
	if w.Granularity <= 0 {
		c.add(path+".granularity", "out_of_range", "the granularity of the vendor's times is above zero, for example 1s")
	}
	c.notNegative(path+".span", w.Span)
	c.notNegative(path+".lag", w.Lag)
	c.notNegative(path+".lookBack", w.LookBack)
	if w.MaxRows < 0 {
		c.add(path+".maxRows", "out_of_range", "the most rows of a range are not negative")
	}
}

func (c *checker) paging(path string, o *Operation) {
	p := o.Paging
	c.oneOf(path+".strategy", string(p.Strategy), true, string(ByPage), string(ByOffset), string(ByCursor), string(ByKeyset), string(Unpaged))
	c.oneOf(path+".direction", string(p.Direction), false, string(Forward), string(Backward))
	params := []struct{ name, value, must string }{
		{"number", p.Number, string(ByPage)},
		{"offset", p.Offset, string(ByOffset)},
		{"size", p.Size, ""},
		{"token", p.Token, string(ByCursor)},
	}
	for _, q := range params {
		c.param(path+"."+q.name, o, q.value)
		if q.must == string(p.Strategy) && q.value == "" {
			c.add(path+"."+q.name, "required", "paging by %s needs the parameter that carries it", p.Strategy)
		}
	}
	if p.Direction == Backward && (p.Strategy != ByPage || !p.Total) {
		c.add(path+".direction", "not_allowed", "reading backward needs numbered pages with a total")
	}
	if p.First < 0 {
		c.add(path+".first", "out_of_range", "the first page has the number 0 or 1")
	}
	if p.Strategy != Unpaged && (p.DefaultSize <= 0 || p.MaxSize < p.DefaultSize) {
		c.add(path+".defaultSize", "out_of_range", "defaultSize lies between 1 and maxSize")
	}
}

func (c *checker) writing(path string, o *Operation) {
	w := o.Writing
	c.oneOf(path+".answers", string(w.Answers), true, string(PerRow), string(Counts), string(All))
	c.oneOf(path+".batch", string(w.Batch), true, string(RowByRow), string(Atomic), string(UnknownBatch))
	c.oneOf(path+".onRevised", w.OnRevised, false, "update", "ignore", "decide")
	if w.DefaultRows <= 0 || w.MaxRows < w.DefaultRows {
		c.add(path+".defaultRows", "out_of_range", "defaultRows lies between 1 and maxRows")
	}
	if w.RowsKey == "" && w.MaxRows > 1 {
		c.add(path+".rowsKey", "required", "a call of several rows needs the member that holds them")
	}
	if w.Create == nil && w.Update == nil {
		c.add(path, "required", "a write has create, update or both")
	}
	if w.OnRevised == "update" && w.Update == nil {
		c.add(path+".onRevised", "not_allowed", "there is no mode that updates")
	}
	c.idField(path, o)
	c.steps(path+".steps", o)
	c.echo(path+".create", o, w.Create)
	c.echo(path+".update", o, w.Update)
	c.mode(path, "create", o, func(w *Writing) *Mode { return w.Create })
	c.mode(path, "update", o, func(w *Writing) *Mode { return w.Update })
}

// echo compares what answers give back with what they tell.
func (c *checker) echo(path string, o *Operation, m *Mode) {
	if m == nil || m.Echo == "" {
		return
	}
	c.oneOf(path+".echo", m.Echo, false, "id", "number")
	if o.Writing.Answers != PerRow {
		c.add(path+".echo", "not_allowed", "only answers that name each row give its key back")
	}
}

// idField compares where the id of an updated object goes with what the operation has.
func (c *checker) idField(writing string, o *Operation) {
	w := o.Writing
	if w.Create != nil && w.Create.IDField != "" {
		c.add(writing+".create.idField", "not_allowed", "what is created has no id yet")
	}
	if w.Update == nil || w.Update.IDField == "" {
		return
	}
	c.param(writing+".update.idField", o, w.Update.IDField)
	if w.Answers != PerRow {
		c.add(writing+".update.idField", "class_unfounded", "only answers that name each row tell the id of what was created")
	}
}

func (c *checker) steps(path string, o *Operation) {
	seen := map[string]bool{}
	for i, s := range o.Writing.Steps {
		at := index(path, i)
		c.need(at+".operation", s.Operation)
		c.once(seen, at+".operation", s.Operation)
		if s.ID == "" && s.Number == "" {
			c.add(at+".number", "required", "a step names its object by id, by number or by both")
		}
		if c.of == nil {
			continue // an operation by itself: its manifest was checked
		}
		action, known := c.of.Operation(s.Operation)
		switch {
		case !known || action.Kind != Action || action.Writing == nil || action.Writing.Update == nil:
			c.add(at+".operation", "unknown_field", "%s is no action of this manifest that updates", s.Operation)
			continue
		case len(action.Writing.Steps) > 0:
			c.add(at+".operation", "not_allowed", "a step has no steps of its own")
		}
		for _, name := range []string{s.ID, s.Number} {
			if name != "" && field.Find(action.Request, name) == nil {
				c.add(at, "unknown_field", "%s is not one of the request fields of %s", name, s.Operation)
			}
		}
	}
}

func (c *checker) mode(writing, name string, o *Operation, pick func(*Writing) *Mode) {
	m, path := pick(o.Writing), writing+"."+name
	if m == nil {
		return
	}
	c.oneOf(path+".class", string(m.Class), true, string(NativeKey), string(QueryableKey), string(Upsert), string(NoKey))
	c.notNegative(path+".readLag", m.ReadLag)
	if m.PreProbe && !m.Probe {
		c.add(path+".preProbe", "class_unfounded", "preProbe needs probe")
	}
	if m.Class == QueryableKey && !m.Probe {
		c.add(path+".probe", "class_unfounded", "class B means that the object can be looked up by its key: probe must be true")
	}
	// A form may bring the key and what is compared, so each form is judged with its
	// own; what the operation itself compares holds for forms that are not listed.
	c.compared(path, o, pick, "")
	if len(o.Forms) == 0 {
		c.founded(writing, path, o, pick, "")
	}
	for i, f := range o.Forms {
		of := " for the form " + f.ID
		c.founded(writing, path, o.With(o.Forms[i]), pick, of)
		if f.WriteKey != "" || len(f.Compare) > 0 {
			c.compared(path, o.With(o.Forms[i]), pick, of)
		}
	}
}

// compared refuses a comparison that finds every object equal, where a look-up is what
// decides after a lost answer.
func (c *checker) compared(path string, o *Operation, pick func(*Writing) *Mode, form string) {
	m := pick(o.Writing)
	if decides := m.Class == QueryableKey || m.Class == NoKey; decides && m.Probe && keyAlone(o.Writing.Key, m.Compare) {
		c.add(path+".compare", "class_unfounded", "whatever is found by its key has that key%s: compare what else tells whose it is, "+
			"or nothing and ask before writing with preProbe: true", form)
	}
}

func (c *checker) founded(writing, path string, o *Operation, pick func(*Writing) *Mode, form string) {
	m := pick(o.Writing)
	if m.Class != QueryableKey {
		return
	}
	if o.Writing.Key == "" {
		c.add(writing+".key", "class_unfounded", "class B needs the key that the object is looked up by%s", form)
	}
	if len(m.Compare) == 0 && !m.PreProbe {
		c.add(path+".compare", "class_unfounded", "class B needs compare, or preProbe: true%s", form)
	}
}

// keyAlone reports whether all that is compared are the paths that the key is made of.
func keyAlone(key string, compare []string) bool {
	var paths []string
	for _, found := range regexp.MustCompile(`{{\s*([^}|\s]+)`).FindAllStringSubmatch(key, -1) {
		paths = append(paths, found[1])
	}
	return len(compare) > 0 && !slices.ContainsFunc(compare, func(path string) bool { return !slices.Contains(paths, path) })
}

func (c *checker) fields(path string, fields []field.Field) {
	seen := map[string]bool{}
	for i := range fields {
		f, path := &fields[i], index(path, i)
		c.need(path+".field", f.Name)
		c.once(seen, path+".field", f.Name)
		c.need(path+".title.zh", f.Title.ZH)
		c.oneOf(path+".type", string(f.Type), false, string(field.String), string(field.Int), string(field.Decimal), string(field.Bool),
			string(field.Date), string(field.Datetime), string(field.Array), string(field.Object), string(field.JSON))
		c.oneOf(path+".group", string(f.Group), false, string(field.Business), string(field.Other))
		c.oneOf(path+".quote", string(f.Quote), false, string(field.SQLQuote))
		if len(f.Children) > 0 && f.Type != field.Array && f.Type != field.Object {
			c.add(path+".children", "not_allowed", "only an array or an object has children")
		}
		if f.Parser != nil {
			c.parser(path+".parser", f.Parser)
		}
		c.enum(path+".enum", f)
		c.fields(path+".children", f.Children)
	}
}

// enum checks the documented values of a field.
func (c *checker) enum(path string, f *field.Field) {
	if len(f.Enum) > 0 && (f.Type == field.Array || f.Type == field.Object || f.Type == field.JSON) {
		c.add(path, "not_allowed", "a field of many values has no list of values")
	}
	seen := map[string]bool{}
	for i, o := range f.Enum {
		at := index(path, i)
		c.need(at+".value", o.Value)
		c.once(seen, at+".value", o.Value)
		c.need(at+".title.zh", o.Title.ZH)
		if _, err := strconv.ParseInt(o.Value, 10, 64); err != nil && f.Type == field.Int {
			c.add(at+".value", "out_of_range", "%q is no whole number", o.Value)
		}
	}
}

// parserParams gives the number of parameters each parser of the value language takes.
func parserParams() map[string]int {
	return map[string]int{
		"ConvertObjectParser":         1,
		"ConvertTwoStageObjectParser": 2,
		"StringToArray":               1,
		"ArrayToString":               1,
		"ConvertJson":                 0,
	}
}

func (c *checker) parser(path string, p *field.Parser) {
	want, known := parserParams()[p.Name]
	if !known {
		c.add(path+".name", "unknown_parser", "there is no parser named %q", p.Name)
	} else if len(p.Params) != want {
		c.add(path+".params", "out_of_range", "%s takes %d parameters, not %d", p.Name, want, len(p.Params))
	}
}
