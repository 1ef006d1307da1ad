package operation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan/derived"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/operation"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/operationstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) { leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting)) }

// desk is the service with the drafts that use it, over a database.
type desk struct {
	t *testing.T
	*operation.Service

	drafts *draft.Service
}

// quiet finds no problems.
type quiet struct{}

func (quiet) Check(context.Context, ledger.ID, *flow.Document) []flow.Problem { return nil }

func newDesk(t *testing.T) *desk {
	t.Helper()
	db := storetest.Migrated(t, storetest.SQLite(t))
	clock := func() time.Time { return time.UnixMilli(77) }
	d := &desk{t: t, Service: operation.New(operationstore.New(db), clock, slog.New(slog.DiscardHandler))}
	n := 0
	d.drafts = draft.New(flowstore.New(db), clock, func() string { n++; return "flow-" + string(rune('0'+n)) }).Using(d.Service).With(quiet{})
	return d
}

func (d *desk) as(workspace ledger.ID, role access.Role) context.Context {
	return access.With(d.t.Context(), access.Principal{Workspace: workspace, Name: "Ada", Role: role})
}

func (d *desk) editor() context.Context { return d.as(1, access.Editor) }

func (d *desk) create(name, body string) operation.Operation {
	d.t.Helper()
	o, err := d.Create(d.editor(), name, []byte(body))
	if err != nil {
		d.t.Fatal(err)
	}
	return o
}

func (d *desk) refused(what string, err error, code string) {
	d.t.Helper()
	if got := fault.CodeOf(err); got != code || err == nil {
		d.t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func id(o operation.Operation) string { return cmpID(o.ID) }

func cmpID(n ledger.ID) string { raw, _ := json.Marshal(int64(n)); return string(raw) }

const body = `{"connector":"erp","params":[{"field":"FormId","value":"A"}],"response":[{"field":"x","title":{"zh":"x"}}]}`

// using is a document whose node names an operation.
func using(title, operations string) []byte {
	return []byte(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"title":"` + title + `"},"spec":{"operations":{` + operations +
		`},"nodes":[{"id":"a","type":"source","connection":"k3","settings":{"operation":"query#A"}}],"edges":[]}}`)
}

func TestKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.create("query#A", body)
	_, err := d.Create(d.editor(), "query#A", []byte(body))
	d.refused("again", err, "operation.exists")
	_, err = d.Create(d.as(1, access.Viewer), "query#B", []byte(body))
	d.refused("a viewer", err, "auth.forbidden")
	_, err = d.Create(d.editor(), "query", []byte(`{"response":[{"field":""}]}`))
	var all *operation.FaultsError
	if !errors.As(err, &all) || len(all.Faults) < 3 {
		t.Errorf("%v", err)
	}
	_, err = d.Create(d.editor(), "q#"+strings.Repeat("x", 190), []byte(body))
	d.refused("long", err, "operation.name_too_long")
	_, err = d.Get(d.as(2, access.Admin), id(o))
	d.refused("another workspace", err, "object.missing")
	d.refused("another workspace", d.Delete(d.as(2, access.Admin), id(o)), "object.missing")
	changed, err := d.Save(d.editor(), id(o), o.Version, []byte(strings.Replace(body, `"A"`, `"B"`, 1)))
	if err != nil || changed.Version != 2 || !bytes.Contains(changed.Body, []byte(`"B"`)) {
		t.Errorf("%+v, %v", changed, err)
	}
	_, err = d.Save(d.editor(), id(o), 1, []byte(body))
	d.refused("somebody was faster", err, "operation.changed")

	f, err := d.drafts.Create(d.editor(), "", using("查询", ""))
	if err != nil {
		t.Fatal(err)
	}
	err = d.Delete(d.editor(), id(o))
	d.refused("used", err, "operation.in_use")
	if !strings.Contains(fault.From(err).Hint, "查询") {
		t.Errorf("the flow is not named: %v", err)
	}
	if list, err := d.List(d.as(1, access.Viewer)); err != nil || len(list) != 1 || len(list[0].UsedBy) != 1 || list[0].UsedBy[0].ID != f.PublicID {
		t.Errorf("%+v, %v", list, err)
	}
	if err := d.drafts.Delete(d.editor(), f.PublicID); err != nil {
		t.Fatal(err)
	}
	if err := d.Delete(d.editor(), id(o)); err != nil {
		t.Error(err)
	}
}

// TestPublished: a version keeps the operation it was published with; the flow is marked
// when the workspace's is another, and published again it has that.
func TestPublished(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.create("query#A", body)
	f, err := d.drafts.Create(d.editor(), "", using("q", ""))
	if err != nil {
		t.Fatal(err)
	}
	if f, err = d.drafts.PublishDraft(d.editor(), f.PublicID, ""); err != nil || f.Dirty || f.Published != 1 {
		t.Fatalf("%+v, %v", f, err)
	}
	held := func(no int) string {
		t.Helper()
		v, err := d.drafts.VersionNo(d.editor(), f.PublicID, no)
		if err != nil {
			t.Fatal(err)
		}
		_, doc, _, err := d.drafts.Load(t.Context(), v.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(v.Document, doc.Spec.Operations["query#A"]) {
			t.Errorf("what is shown lacks the operation: %s", v.Document)
		}
		return string(doc.Spec.Operations["query#A"])
	}
	first := string(o.Body)
	if got := held(1); got != first {
		t.Errorf("%s, want %s", got, first)
	}
	o, err = d.Save(d.editor(), id(o), 1, []byte(strings.Replace(body, `"A"`, `"B"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if got := held(1); got != first {
		t.Errorf("the published version changed: %s", got)
	}
	if f, err = d.drafts.Get(d.editor(), f.PublicID); err != nil || !f.Dirty {
		t.Errorf("nobody sees that the operation is another: %+v %v", f, err)
	}
	if f, err = d.drafts.PublishDraft(d.editor(), f.PublicID, ""); err != nil || f.Published != 2 || f.Dirty || held(2) != string(o.Body) || held(1) != first {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err = d.drafts.PublishDraft(d.editor(), f.PublicID, ""); err != nil || f.Published != 2 {
		t.Errorf("the same was published again: %+v, %v", f, err)
	}
}

// TestMoved: an exported flow brings its operations along, and where there is another of the
// name nothing is made.
func TestMoved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.create("query#A", body)
	f, err := d.drafts.Create(d.editor(), "", using("q", ""))
	if err != nil {
		t.Fatal(err)
	}
	exported, err := d.drafts.Export(d.editor(), f.PublicID)
	if err != nil || !bytes.Contains(exported, o.Body) {
		t.Fatalf("%s, %v", exported, err)
	}
	for range 2 { // the second finds the same there
		there, err := d.drafts.Create(d.as(2, access.Editor), "", exported)
		if err != nil || bytes.Contains(there.Document, []byte(`"operations"`)) {
			t.Fatalf("%s, %v", there.Document, err)
		}
	}
	if list, err := d.List(d.as(2, access.Editor)); err != nil || len(list) != 1 || string(list[0].Body) != string(o.Body) {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := d.Create(d.as(3, access.Editor), "query#A", []byte(`{"connector":"other"}`)); err != nil {
		t.Fatal(err)
	}
	_, err = d.drafts.Create(d.as(3, access.Editor), "", using("q", `"query#0":`+body+`,"query#A":`+body))
	d.refused("another of the name", err, "operation.conflict")
	if f := fault.From(err); f.Path != "spec.operations.query#A" {
		t.Errorf("at %s", f.Path)
	}
	if list, err := d.List(d.as(3, access.Editor)); err != nil || len(list) != 1 {
		t.Errorf("half of it was made: %+v, %v", list, err)
	}
	kept, err := d.drafts.Create(d.as(4, access.Editor), "", using("q", `"query#A":{"colour":1}`))
	if err != nil || !bytes.Contains(kept.Document, []byte("colour")) {
		t.Errorf("what can't be used is lost: %s, %v", kept.Document, err)
	}
}

func show(fields []field.Field) string {
	var out []string
	for _, f := range fields {
		text := f.Name + ":" + string(f.Type)
		if f.Default != "" {
			text += "=" + f.Default
		}
		if f.Required {
			text += "!"
		}
		if f.Parser != nil {
			text += "|" + f.Parser.Name + strings.Join(f.Parser.Params, ",")
		}
		if len(f.Children) > 0 {
			text += "(" + show(f.Children) + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestSampled(t *testing.T) {
	t.Parallel()
	for sample, want := range map[string]string{
		`{"no":"A","n":1,"ok":true,"lines":[{"q":1},{"q":1.5,"lot":null}],"to":{"name":"x"}}`: "no:string n:int ok:bool lines:array(q:decimal lot:) to:object(name:string)",
		`[{"a":null},{"a":12345678901234567890},{"b":"x"}]`:                                   "a:int b:string",
		`[{"a":1},{"a":"x"}]`: "a:string", `[{"a":[1,2]}]`: "a:array", `[{"a":{"b":1}},{"a":"x"}]`: "a:string",
		`[]`: "", `1`: "", `{}`: "", `{"a":`: "", ``: "",
	} {
		fields, err := operation.Sampled([]byte(sample))
		if got := show(fields); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %s, %v", sample, got, err)
		}
	}
}

func TestFromFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	heading := "operation,is_request,name,field,parent,default,type,is_required,parser,describe\n"
	rows := "batchSave#X,1,表单,FormId,,SAL_X,string,1,,\n,1,单号,FBillNo,,,,1,,编号\n,1,明细,FEntity,,,array,,,\n,1,数量,FQty,FEntity,,decimal,,,\n,1,仓库,FStock,FEntity,,string,,ConvertObjectParser:FNumber,\nbatchSave#X,0,内码,Id,,,int,0,,\nquery#Y,true,客户,cust,,FNumber,,,,\n"
	var book bytes.Buffer
	w, err := spreadsheet.NewWriter(&book, spreadsheet.WriteOptions{Format: spreadsheet.XLSX})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(heading+rows), "\n") {
		if err := w.Write(strings.Split(line, ",")...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for kind, file := range map[string][]byte{"csv": []byte(heading + rows), "xlsx": book.Bytes()} {
		got, err := d.FromFile(d.editor(), "erp", func(base string) string { return map[string]string{"batchSave": "FormId"}[base] }, file, "")
		if err != nil || len(got) != 2 {
			t.Fatalf("%s: %+v, %v", kind, got, err)
		}
		x, y := got[0], got[1]
		if diff := cmp.Diff("batchSave#X FBillNo:! FEntity:array(FQty:decimal FStock:string|ConvertObjectParserFNumber) / Id:int / query#Y cust:=FNumber",
			x.Name+" "+show(x.Body.Request)+" / "+show(x.Body.Response)+" / "+y.Name+" "+show(y.Body.Request)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		if diff := cmp.Diff([]derived.Param{{Field: "FormId", Value: "SAL_X"}}, x.Body.Params); diff != "" || x.Body.Connector != "erp" {
			t.Error(diff)
		}
		if _, faults := derived.Read(x.Name, x.Body.JSON()); len(faults) > 0 {
			t.Error(faults)
		}
	}
	for file, code := range map[string]string{
		"": "operation.columns_missing", "a,b\n1,2\n": "operation.columns_missing", heading: "operation.columns_missing",
		heading + "a#b,1,n,,,,,,,\n": "operation.row", heading + ",1,n,f,,,,,,\n": "operation.row", heading + "a#b,1,n,f,,,colour,,,\n": "operation.row",
		heading + "a#b,1,n,f,gone,,,,,\n": "operation.row", heading + "a#b,,n,f,,,,,,\nc#d,,n,f,,,,,,\na#b,,n,g,,,,,,\n": "operation.row", heading + "a#b,,n,f,,,,,:x,\n": "operation.row",
	} {
		_, err := d.FromFile(d.editor(), "erp", func(string) string { return "" }, []byte(file), "")
		d.refused(file, err, code)
	}
	_, err = d.FromFile(d.as(1, access.Viewer), "erp", nil, []byte(heading+rows), "")
	d.refused("a viewer", err, "auth.forbidden")
}
