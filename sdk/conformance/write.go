package conformance

import (
	"bytes"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

func (x *exam) ofWrite(w *Write) []behaviour {
	mode := x.modeOf(w)
	if mode == nil {
		// Coverage has told.
		return nil
	}
	o, _ := x.manifest.Operation(w.Operation)
	with := func(name string, check func(T, *trial)) behaviour {
		return behaviour{"write " + w.name() + ": " + name, func(t T) {
			t.Helper()
			s := x.open(t)
			writer, ok := s.(connector.Writer)
			if !ok {
				t.Fatal("the manifest declares writes and the session is no Writer")
			}
			prober, _ := s.(connector.Prober)
			check(t, &trial{exam: x, w: w, mode: mode, writing: o.Writing, writer: writer, prober: prober})
		}}
	}
	list := []behaviour{with("one answer for each row, in order", x.answers)}
	if most := o.Writing.MaxRows; most > 3 && most <= fullest {
		list = append(list, with("a call takes as many rows as declared", x.full))
	}
	if w.BadRow != nil && o.Writing.MaxRows > 2 {
		switch o.Writing.Batch {
		case manifest.RowByRow:
			list = append(list, with("a bad row leaves its batch alone", x.badRow))
		case manifest.Atomic:
			list = append(list, with("a bad row takes its batch along", x.badBatch))
		case manifest.UnknownBatch:
			// Nothing is promised, so nothing can be tried.
		}
	}
	if mode.Probe {
		list = append(list, with("probe finds what was written and only that", x.probe))
	}
	if w.LoseAnswer != nil || mode.Class != manifest.NoKey {
		list = append(list, with("class "+string(mode.Class)+" holds after a lost answer", x.lostAnswer))
	}
	return list
}

// trial is a write under test in an open session.
type trial struct {
	*exam
	w       *Write
	mode    *manifest.Mode
	writing *manifest.Writing
	writer  connector.Writer
	prober  connector.Prober
}

// row is a row of a trial.
type row struct {
	body []byte
	key  string
}

// fresh makes a row that was not used yet.
func (x *trial) fresh(nth func(int) ([]byte, string)) row {
	body, key := nth(x.rows)
	x.rows++
	return row{body, key}
}

func (x *trial) batch(rows []row) connector.Batch {
	b := connector.Batch{
		Operation: x.w.Operation, Mode: x.w.mode(), Params: x.w.Params,
		Meta: connector.Meta{TraceID: "conformance", RunID: "conformance", Attempt: 1},
	}
	bodies := make([][]byte, len(rows))
	for i, r := range rows {
		bodies[i] = r.body
		b.Keys = append(b.Keys, r.key)
	}
	b.Rows = append(append([]byte("["), bytes.Join(bodies, []byte(","))...), ']')
	return b
}

// write sends rows and wants an answer for each.
func (x *trial) write(t T, rows ...row) []connector.Answer {
	t.Helper()
	answers, err := x.writer.Write(t.Context(), x.batch(rows))
	if err != nil {
		t.Fatalf("Write: %v", x.fault(t, err))
	}
	if len(answers.Rows) != len(rows) {
		t.Fatalf("%d answers for %d rows", len(answers.Rows), len(rows))
	}
	x.clean(t, "the answer", string(answers.Raw))
	for i, a := range answers.Rows {
		x.clean(t, "an answer", a.Message+" "+a.Warning+" "+string(a.Raw))
		if len(a.Raw) > 0 && item.Check(a.Raw) != nil {
			t.Errorf("the raw answer of row %d is not JSON: %.80q", i, a.Raw)
		}
	}
	return answers.Rows
}

// find probes and wants an answer for each key.
func (x *trial) find(t T, keys ...string) []connector.Found {
	t.Helper()
	if x.prober == nil {
		t.Fatal("the manifest declares a probe and the session is no Prober")
	}
	x.Wait(x.mode.ReadLag.Std())
	found, err := x.prober.Probe(t.Context(), connector.ProbeRequest{
		Operation: x.w.Operation, Params: x.w.Params, Keys: keys, Compare: x.mode.Compare,
	})
	if err != nil {
		t.Fatalf("Probe: %v", x.fault(t, err))
	}
	if len(found) != len(keys) {
		t.Fatalf("%d answers for %d keys", len(found), len(keys))
	}
	return found
}

// exists wants the object of r, equal where the manifest compares.
func (x *trial) exists(t T, r row, found connector.Found) {
	t.Helper()
	if !found.Exists {
		t.Errorf("the object %s is not found", r.key)
		return
	}
	if path := item.Differ(item.Of(r.body), item.Of(found.Object), x.mode.Compare); path != "" {
		t.Errorf("the object %s differs from the written row at %s:\n%s\n%s", r.key, path, found.Object, r.body)
	}
}

// one wants exactly one object of r at the vendor, as far as that can be told.
func (x *trial) one(t T, r row) {
	t.Helper()
	if x.w.Count != nil {
		if n := x.w.Count(t, r.key); n != 1 {
			t.Errorf("the vendor holds %d objects %s, want one", n, r.key)
		}
	}
	if x.mode.Probe {
		x.exists(t, r, x.find(t, r.key)[0])
	}
}

func (x *exam) answers(t T, w *trial) {
	t.Helper()
	rows := make([]row, min(3, max(1, w.writing.MaxRows)))
	keys := make([]string, len(rows))
	for i := range rows {
		rows[i] = w.fresh(w.w.Row)
		keys[i] = rows[i].key
	}
	got := w.write(t, rows...)
	ids := map[string]int{}
	for i, a := range got {
		if a.Outcome != connector.Done {
			t.Fatalf("row %d is %s: %s %s", i, a.Outcome, a.Code, a.Message)
		}
		if a.ID == "" && a.Number == "" && w.writing.Answers == manifest.PerRow {
			t.Errorf("row %d is done and has neither an id nor a number", i)
		}
		if before, twice := ids[a.ID]; twice && a.ID != "" {
			t.Errorf("rows %d and %d have the id %s", before, i, a.ID)
		}
		ids[a.ID] = i
	}
	if !w.mode.Probe {
		return
	}
	for i, found := range w.find(t, keys...) {
		w.exists(t, rows[i], found)
		if a := got[i]; a.ID != "" && found.ID != "" && a.ID != found.ID || a.Number != "" && found.Number != "" && a.Number != found.Number {
			t.Errorf("row %d was answered as %s %s and is %s %s: the answers are not in the rows' order", i, a.ID, a.Number, found.ID, found.Number)
		}
	}
}

// fullest is the most rows of a call that is tried with all of them.
const fullest = 500

func (x *exam) full(t T, w *trial) {
	t.Helper()
	rows := make([]row, w.writing.MaxRows)
	for i := range rows {
		rows[i] = w.fresh(w.w.Row)
	}
	for i, a := range w.write(t, rows...) {
		if a.Outcome != connector.Done {
			t.Fatalf("row %d of %d is %s: %s %s", i, len(rows), a.Outcome, a.Code, a.Message)
		}
	}
}

func (x *exam) badRow(t T, w *trial) {
	t.Helper()
	rows := []row{w.fresh(w.w.Row), w.fresh(w.w.BadRow), w.fresh(w.w.Row)}
	got := w.write(t, rows...)
	for i, want := range []connector.Outcome{connector.Done, connector.Rejected, connector.Done} {
		if got[i].Outcome != want {
			t.Errorf("row %d of good, bad, good is %s (%s %s), want %s", i, got[i].Outcome, got[i].Code, got[i].Message, want)
		}
	}
	if got[1].Message == "" {
		t.Error("the refused row has no message of the vendor")
	}
}

func (x *exam) badBatch(t T, w *trial) {
	t.Helper()
	rows := []row{w.fresh(w.w.Row), w.fresh(w.w.BadRow), w.fresh(w.w.Row)}
	answers, err := w.writer.Write(t.Context(), w.batch(rows))
	if err != nil {
		if f := x.fault(t, err); !f.NotApplied {
			t.Errorf("the refusal %s of a whole batch is not marked Unapplied", f.Code)
		}
	}
	for i, a := range answers.Rows {
		if a.Outcome != connector.Rejected {
			t.Errorf("row %d of an atomic batch with a bad row is %s", i, a.Outcome)
		}
	}
	for _, r := range []row{rows[0], rows[2]} {
		if w.mode.Probe && w.find(t, r.key)[0].Exists {
			t.Errorf("the row %s of a refused batch was written", r.key)
		}
	}
}

func (x *exam) probe(t T, w *trial) {
	t.Helper()
	never, written, later := w.fresh(w.w.Row), w.fresh(w.w.Row), w.fresh(w.w.Row)
	if w.w.mode() == connector.Update {
		// An update's objects are there before.
		w.exists(t, written, w.after(t, written))
		return
	}
	found := w.find(t, never.key, written.key, later.key)
	for i, f := range found {
		if f.Exists {
			t.Errorf("key %d is found before it was written", i)
		}
	}
	found = []connector.Found{}
	if a := w.write(t, written); a[0].Outcome != connector.Done {
		t.Fatalf("the row is %s: %s %s", a[0].Outcome, a[0].Code, a[0].Message)
	}
	found = append(found, w.find(t, never.key, written.key, later.key)...)
	if found[0].Exists || found[2].Exists {
		t.Errorf("keys that were never written are found: %v, %v", found[0].Exists, found[2].Exists)
	}
	w.exists(t, written, found[1])
}

// after writes r and finds it.
func (x *trial) after(t T, r row) connector.Found {
	t.Helper()
	x.write(t, r)
	return x.find(t, r.key)[0]
}

// there tells that an action is refused because its object is already where it leads to,
// which the engine takes for done.
func (x *trial) there(a connector.Answer) bool {
	o, _ := x.manifest.Operation(x.w.Operation)
	if o.Kind != manifest.Action || a.Outcome != connector.Rejected {
		return false
	}
	return x.manifest.Classify(x.w.Operation, fault.New("vendor."+a.Code, "%s", a.Message)).Class == fault.Duplicate
}

// lostAnswer tries what the engine does by the declared class when the vendor
// carried out a write and its answer was lost.
func (x *exam) lostAnswer(t T, w *trial) {
	t.Helper()
	if w.w.LoseAnswer == nil {
		t.Fatalf("class %s is declared and the harness cannot lose an answer to try it", w.mode.Class)
	}
	r := w.fresh(w.w.Row)
	w.w.LoseAnswer(t)
	answers, err := w.writer.Write(t.Context(), w.batch([]row{r}))
	switch {
	case err == nil && (len(answers.Rows) != 1 || answers.Rows[0].Outcome != connector.Unknown):
		t.Fatalf("a write whose answer was lost is answered as %+v, want unknown", answers.Rows)
	case err != nil:
		f := x.fault(t, err)
		if f.NotApplied {
			t.Errorf("%s is marked Unapplied though the vendor carried it out", f.Code)
		}
		if class := x.manifest.Classify(w.w.Operation, f).Class; class != fault.Transient {
			t.Errorf("the lost answer %s has the class %q, want transient", f.Code, class)
		}
	}
	switch w.mode.Class {
	case manifest.QueryableKey:
		w.one(t, r)
	case manifest.NativeKey, manifest.Upsert:
		if a := w.write(t, r); a[0].Outcome != connector.Done && !w.there(a[0]) {
			t.Errorf("the same row sent again is %s (%s %s), want done", a[0].Outcome, a[0].Code, a[0].Message)
		}
		w.one(t, r)
	case manifest.NoKey:
		// Nothing more is promised: a person decides.
	}
}
