package script

import (
	"time"

	"github.com/karezflow/karez/engine/script/internal/asking"
	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/item"
)

func (h hello) frame() frame {
	f := newFrame(nil)
	f.signed(h.memory)
	f.signed(int64(h.kill))
	return f
}

func readHello(in fields) (hello, error) {
	h := hello{memory: in.signed(), kill: time.Duration(in.signed())}
	return h, in.err()
}

func (r ready) frame() frame {
	f := newFrame(nil)
	f.text(greeting)
	f.number(uint64(len(r.missing)))
	for _, m := range r.missing {
		f.text(m)
	}
	return f
}

func readReady(in fields) (ready, error) {
	var r ready
	if in.text() != greeting {
		return r, errMalformed
	}
	for range in.count() {
		r.missing = append(r.missing, in.text())
	}
	return r, in.err()
}

func (r request) frame(reuse []byte) frame {
	f := newFrame(reuse)
	f.text(r.hash)
	f.text(r.source)
	f.text(r.params)
	f.text(r.zone)
	f.lookups(r.lookups)
	f.signed(int64(r.wall))
	f.number(uint64(len(r.docs)))
	for i := range r.docs {
		d := &r.docs[i]
		f.text(d.Raw)
		f.text(d.Vars)
		f.text(d.Key)
		f.text(d.Number)
		f.signed(int64(d.Revision))
		f.instant(d.From)
		f.signed(d.Now.UnixMilli())
	}
	f.number(uint64(len(r.answers)))
	for key, values := range r.answers {
		f.text(key)
		f.texts(values)
	}
	return f
}

// lookups are those into documents and code tables: no others are a script's.
func (f *frame) lookups(list []asking.Lookup) {
	f.number(uint64(len(list)))
	for _, l := range list {
		paths := make([]string, len(l.Ask.Where))
		for i, w := range l.Ask.Where {
			paths[i] = w.Path
		}
		reverse := ""
		if l.Ask.Reverse {
			reverse = "r"
		}
		f.texts([]string{l.Name, l.OnMiss, l.OnMany, l.Ask.From, l.Ask.Table, l.Ask.Find, reverse})
		f.texts(paths)
	}
}

func (f *fields) lookups() []asking.Lookup {
	list := make([]asking.Lookup, f.count())
	for i := range list {
		l, paths := f.texts(), f.texts()
		if len(l) != 7 {
			f.fail()
			return nil
		}
		ask := item.Lookup{From: l[3], Table: l[4], Find: l[5], Reverse: l[6] != ""}
		for _, path := range paths {
			ask.Where = append(ask.Where, item.Equal{Path: path})
		}
		list[i] = asking.Lookup{Name: l[0], OnMiss: l[1], OnMany: l[2], Ask: ask}
	}
	return list
}

func (f *frame) texts(list []string) {
	f.number(uint64(len(list)))
	for _, text := range list {
		f.text(text)
	}
}

func (f *fields) texts() []string {
	list := make([]string, f.count())
	for i := range list {
		list[i] = f.text()
	}
	return list
}

// instant writes milliseconds; the zero time, which has no place in them, is 0.
func (f *frame) instant(t time.Time) {
	if t.IsZero() {
		f.signed(0)
		return
	}
	f.signed(t.UnixMilli())
}

func (f *fields) instant() time.Time {
	if ms := f.signed(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

func readRequest(in fields) (request, error) {
	r := request{
		hash: in.text(), source: in.text(), params: in.text(), zone: in.text(), lookups: in.lookups(), wall: time.Duration(in.signed()),
	}
	r.docs = make([]jsvm.Doc, 0, in.count())
	for range cap(r.docs) {
		r.docs = append(r.docs, jsvm.Doc{
			Raw: in.text(), Vars: in.text(), Key: in.text(), Number: in.text(),
			Revision: int(in.signed()), From: in.instant(), Now: time.UnixMilli(in.signed()).UTC(),
		})
	}
	if n := in.count(); n > 0 {
		r.answers = make(map[string][]string, n)
		for range n {
			key := in.text()
			r.answers[key] = in.texts()
		}
	}
	return r, in.err()
}

func (r reply) frame(reuse []byte) (frame, error) {
	f := newFrame(reuse)
	f.number(uint64(r.status))
	err := f.fault(r.fault)
	f.number(uint64(len(r.results)))
	for i := range r.results {
		if bad := f.result(&r.results[i]); bad != nil {
			err = bad
		}
	}
	return f, err
}

func (f *frame) result(r *jsvm.Result) error {
	err := f.fault(r.Fault)
	f.bytes(r.Vars)
	f.number(uint64(len(r.Outputs)))
	for _, out := range r.Outputs {
		f.text(out.Port)
		// An unchanged document is not sent back: the parent has it.
		if out.Same {
			f.text("")
		} else {
			f.bytes(out.Raw)
		}
	}
	f.asked(r.Needs)
	f.asked(r.Missing)
	f.number(uint64(len(r.Lines)))
	for _, line := range r.Lines {
		f.text(line.Level)
		f.text(line.Text)
	}
	return err
}

func (f *frame) asked(list []asking.Asked) {
	f.number(uint64(len(list)))
	for _, a := range list {
		f.number(uint64(a.Lookup)) //nolint:gosec // an index
		f.texts(a.Values)
	}
}

func (f *fields) asked() []asking.Asked {
	list := make([]asking.Asked, f.count())
	for i := range list {
		list[i] = asking.Asked{Lookup: int(f.number()), Values: f.texts()} //nolint:gosec // an index of ours
	}
	return list
}

func readReply(in fields) (reply, error) {
	r := reply{status: status(in.number()), fault: in.fault()}
	r.results = make([]jsvm.Result, in.count())
	for i := range r.results {
		readResult(&in, &r.results[i])
	}
	return r, in.err()
}

func readResult(in *fields, r *jsvm.Result) {
	r.Fault = in.fault()
	if vars := in.text(); vars != "" {
		r.Vars = []byte(vars)
	}
	r.Outputs = make([]jsvm.Output, in.count())
	for i := range r.Outputs {
		out := &r.Outputs[i]
		out.Port = in.text()
		raw := in.text()
		if out.Same = raw == ""; !out.Same {
			out.Raw = []byte(raw)
		}
	}
	r.Needs, r.Missing = in.asked(), in.asked()
	for range in.count() {
		r.Lines = append(r.Lines, jsvm.Line{Level: in.text(), Text: in.text()})
	}
}
