package examine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/declarative/expr"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// answersAt are the files in which the author of a definition keeps answers of the system.
const answersAt = "examples/answers*.yaml"

// Kept is the content of such a file: what the system answers to a call, and what it is read as.
type Kept struct {
	// Settings and secrets of the connection, where invented ones don't do.
	Settings map[string]string `json:"settings"`
	// Token is the answer to the request for a token, where the definition has one.
	Token   *Said  `json:"token"`
	Answers []Case `json:"answers"`
}

// Case is one call. With Rows it is a write, with Probe a look-up by keys, otherwise a query.
type Case struct {
	Name      string            `json:"name"`
	Operation string            `json:"operation"`
	Params    json.RawMessage   `json:"params"`
	Page      *Turn             `json:"page"`
	Mode      connector.Mode    `json:"mode"`
	Rows      []json.RawMessage `json:"rows"`
	Keys      []string          `json:"keys"`
	Probe     []string          `json:"probe"`
	// Sent is what has to be in the request: method, path, query, header, form and json.
	Sent json.RawMessage `json:"sent"`
	// Answer is what the system says, Gives what has to be read in it: of a query rows, total, more and
	// next, of a write answers with outcome, id, number, code, message and field, of a look-up
	// found with exists, id, number and object, and of what fails refused with code, class, message and field.
	Answer Said            `json:"answer"`
	Gives  json.RawMessage `json:"gives"`
}

// Turn is a page to ask for; what is left out is as the manifest has the first page.
type Turn struct {
	Number int    `json:"number"`
	Offset int    `json:"offset"`
	Size   int    `json:"size"`
	Token  string `json:"token"`
}

// Said is an answer over HTTP: 200 unless told otherwise. A body that is a text goes as it is, any
// other as JSON.
type Said struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header"`
	Body   json.RawMessage   `json:"body"`
}

// answers runs the definition on the answers that its author kept, in a process as the engine
// runs it, and gives the operations that there were any of.
func (c Config) answers(ctx context.Context, folder string, d *declarative.Definition, report *Report, skip func(what, why string)) (map[string]bool, error) {
	covered := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(folder, filepath.FromSlash(answersAt)))
	if err != nil || len(files) == 0 {
		return covered, err
	}
	var all []Kept
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // the caller's own folder
		if err != nil {
			return nil, fault.New("conformance.plan", "%s cannot be read", file).Because(err).Classed(fault.Config)
		}
		var k Kept
		if err := decode(file, data, &k); err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	dir, err := alone(folder, d.Manifest.ID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs := pluginhost.New(pluginhost.Config{
		Dir: dir, Interpreter: c.Interpreter, Clock: c.Clock, Log: c.Log, HostFor: func(string) connector.Host { return conformance.NewHost(c.Clock) },
	})
	defer programs.Close(context.WithoutCancel(ctx))
	system, err := replay(ctx, d.Token != nil)
	if err != nil {
		return nil, err
	}
	defer system.close()
	for i, k := range all {
		settings, account := k.account(d, system.url)
		if !reaches(d, settings, system.url) {
			skip("answers of "+filepath.Base(files[i]), "the definition's address does not come from a setting of the kind url, so that the calls would go elsewhere")
			continue
		}
		for n, one := range k.Answers {
			covered[one.Operation] = true
			account.ID = fmt.Sprintf("%d-%d", i, n)                                                                         // no token is left of the one before
			report.try(ctx, c, "answer "+cmp.Or(one.Name, fmt.Sprintf("%d to %s", n+1, one.Operation)), func(r *reporter) { //nolint:contextcheck // each has its own
				system.says(k.Token, one.Answer)
				one.read(r, programs, d, account, system)
			})
		}
	}
	return covered, ctx.Err()
}

// account invents a connection: addresses lead to the kept answers.
func (k Kept) account(d *declarative.Definition, url string) (settings []byte, account connector.Account) {
	settings, account.Secrets = []byte("{}"), map[string]string{}
	for _, s := range d.Manifest.Settings {
		value, given := k.Settings[s.Key]
		switch {
		case given:
		case s.Kind == field.PlainURL:
			value = url
		default:
			value = cmp.Or(s.Default, "example-"+s.Key)
		}
		if s.Secret {
			account.Secrets[s.Key] = value
			continue
		}
		settings, _ = item.Put(settings, s.Key, item.AppendText(nil, value)) // an object stays one
	}
	account.Settings = settings
	return settings, account
}

// reaches reports whether all calls go to url.
func reaches(d *declarative.Definition, settings []byte, url string) bool {
	address, err := d.Address.Text(expr.Env{Values: map[string]item.Value{"settings": item.Of(settings)}})
	rest, ok := strings.CutPrefix(address, url)
	return err == nil && ok && (rest == "" || strings.HasPrefix(rest, "/"))
}

// read makes the call and compares what came of it.
func (one Case) read(r *reporter, programs *pluginhost.Host, d *declarative.Definition, account connector.Account, system *system) {
	s, err := programs.Session(r.Context(), d.Manifest.ID, "", account)
	if err != nil {
		r.Fatalf("the session cannot be opened: %v", err)
	}
	r.Cleanup(func() { _ = s.Close(context.WithoutCancel(r.Context())) })
	got, err := one.call(r.Context(), s, d)
	if err != nil {
		f := fault.From(err)
		got = map[string]any{"refused": map[string]string{
			"code": strings.TrimPrefix(f.Code, manifest.VendorPrefix), "class": string(f.Class), "message": f.Message, "field": f.Args["field"],
		}}
	}
	sent, calls := system.sent()
	switch {
	case calls == 0:
		r.Fatalf("no call was made: %v", err)
	case err != nil && item.Of(one.Gives).Field("refused").Kind() == item.None:
		r.Errorf("it is not read: %v", err)
	}
	for what, pair := range map[string][2]any{"the request": {one.Sent, sent}, "what was read": {one.Gives, got}} {
		is, err := json.Marshal(pair[1])
		if err != nil {
			r.Fatal(err)
		}
		if want, _ := pair[0].(json.RawMessage); len(want) > 0 {
			for _, problem := range unlike(item.Of(want), item.Of(is), what) {
				r.Error(problem)
			}
		}
	}
	if len(one.Gives) == 0 {
		r.Error("gives is missing: say what has to be read in the answer")
	}
}

// call makes the call, and gives what was read as a case has it.
func (one Case) call(ctx context.Context, s connector.Session, d *declarative.Definition) (any, error) {
	meta := connector.Meta{TraceID: "answers", RunID: "answers", Attempt: 1}
	params := []byte(one.Params)
	if len(params) == 0 {
		params = []byte("{}")
	}
	switch {
	case len(one.Rows) > 0:
		w, ok := s.(connector.Writer)
		if !ok {
			return nil, fault.New("conformance.plan", "the definition writes nothing").Classed(fault.Config)
		}
		rows, err := json.Marshal(one.Rows)
		if err != nil {
			return nil, err
		}
		answers, err := w.Write(ctx, connector.Batch{
			Operation: one.Operation, Mode: cmp.Or(one.Mode, connector.Create), Params: params, Rows: rows, Keys: one.Keys, Meta: meta,
		})
		var list []map[string]string
		for _, a := range answers.Rows {
			list = append(list, map[string]string{"outcome": string(a.Outcome), "id": a.ID, "number": a.Number, "code": a.Code, "message": a.Message, "field": a.Field})
		}
		return map[string]any{"answers": list}, err
	case len(one.Probe) > 0:
		p, ok := s.(connector.Prober)
		if !ok {
			return nil, fault.New("conformance.plan", "the definition looks nothing up").Classed(fault.Config)
		}
		found, err := p.Probe(ctx, connector.ProbeRequest{Operation: one.Operation, Params: params, Keys: one.Probe, Meta: meta})
		var list []map[string]any
		for _, f := range found {
			list = append(list, map[string]any{"exists": f.Exists, "id": f.ID, "number": f.Number, "object": json.RawMessage(cmp.Or(string(f.Object), "null"))})
		}
		return map[string]any{"found": list}, err
	}
	req := connector.QueryRequest{Operation: one.Operation, Params: params, Meta: meta}
	if o, ok := d.Manifest.Operation(one.Operation); ok && o.Paging != nil {
		req.Page = connector.PageRef{Number: o.Paging.First, Size: o.Paging.DefaultSize}
	}
	if one.Page != nil {
		req.Page = connector.PageRef{
			Number: cmp.Or(one.Page.Number, req.Page.Number), Offset: one.Page.Offset, Size: cmp.Or(one.Page.Size, req.Page.Size), Token: one.Page.Token,
		}
	}
	page, err := s.Query(ctx, req)
	if err != nil {
		return nil, err
	}
	return map[string]any{"rows": json.RawMessage(page.Rows), "total": page.Total, "more": page.More, "next": page.NextToken}, nil
}

// unlike tells where a value is not what is wanted: members that are not wanted may be there,
// and of a list there have to be all elements.
func unlike(want, is item.Value, at string) (problems []string) {
	switch {
	case want.Kind() == item.Object && is.Kind() == item.Object:
		for name, value := range want.Fields() {
			problems = append(problems, unlike(value, is.Field(name), at+"."+name)...)
		}
	case want.Kind() == item.Array && is.Kind() == item.Array:
		var all []item.Value
		for e := range is.Elements() {
			all = append(all, e)
		}
		n := 0
		for e := range want.Elements() {
			if n < len(all) {
				problems = append(problems, unlike(e, all[n], fmt.Sprintf("%s[%d]", at, n))...)
			}
			n++
		}
		if n != len(all) {
			problems = append(problems, fmt.Sprintf("%s has %d elements, not %d", at, len(all), n))
		}
	case want.Kind() == item.Object || want.Kind() == item.Array || want.Text() != is.Text():
		problems = append(problems, fmt.Sprintf("%s is %s, not %s", at, shown(is), shown(want)))
	}
	return problems
}

func shown(v item.Value) string {
	if v.Kind() == item.None {
		return "nothing"
	}
	return string(v.Raw())
}

// header gives the first values of an HTTP header, by the names as they are written usually.
func header(h http.Header) map[string]string {
	out := map[string]string{}
	for name := range h {
		out[name] = h.Get(name)
	}
	return out
}
