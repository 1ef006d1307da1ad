package script

import (
	"time"

	"github.com/karezflow/karez/engine/script/internal/jsvm"
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
	f.signed(int64(r.wall))
	f.number(uint64(len(r.docs)))
	for i := range r.docs {
		d := &r.docs[i]
		f.text(d.Raw)
		f.text(d.Vars)
		f.text(d.Key)
		f.signed(int64(d.Revision))
		f.signed(d.Now.UnixMilli())
	}
	return f
}

func readRequest(in fields) (request, error) {
	r := request{hash: in.text(), source: in.text(), params: in.text(), zone: in.text(), wall: time.Duration(in.signed())}
	r.docs = make([]jsvm.Doc, 0, in.count())
	for range cap(r.docs) {
		r.docs = append(r.docs, jsvm.Doc{
			Raw: in.text(), Vars: in.text(), Key: in.text(),
			Revision: int(in.signed()), Now: time.UnixMilli(in.signed()).UTC(),
		})
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
	f.number(uint64(len(r.Lines)))
	for _, line := range r.Lines {
		f.text(line.Level)
		f.text(line.Text)
	}
	return err
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
	for range in.count() {
		r.Lines = append(r.Lines, jsvm.Line{Level: in.text(), Text: in.text()})
	}
}
