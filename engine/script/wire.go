package script

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/karezflow/karez/engine/script/internal/asking"
	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/fault"
)

// maxFrame is the largest message between the pool and a worker, in bytes.
const maxFrame = 64 << 20

// greeting opens a worker's first answer, so that a command which is no worker is noticed.
const greeting = "karez script worker 1"

var (
	errFrameTooLarge = errors.New("a frame is larger than 64 MiB")
	errMalformed     = errors.New("a frame is malformed")
)

// hello is the first frame to a worker: its limits.
type hello struct {
	memory int64         // bytes the process may grow by
	kill   time.Duration // when a call is ended from outside
}

// ready is a worker's answer to hello.
type ready struct {
	missing []string // protections that this system refused
}

// request asks for a script to be compiled and applied to documents. Without
// documents it is only compiled.
type request struct {
	hash, source string // source is empty when the worker had it before
	params, zone string
	lookups      []asking.Lookup
	wall         time.Duration
	docs         []jsvm.Doc
	answers      map[string][]string // by the keys of look-ups, the values as JSON
}

// status says how to read a reply.
type status uint64

const (
	done    status = iota // results of the first documents, at least one
	unknown               // the worker wants the source
	apart                 // nothing is decided: the documents must come one by one
	refused               // fault concerns the whole request
)

type reply struct {
	status  status
	results []jsvm.Result
	fault   *fault.Fault
}

// frame is a message under construction: four bytes for its length, then fields.
type frame []byte

func newFrame(reuse []byte) frame { return append(frame(reuse[:0]), 0, 0, 0, 0) }

func (f *frame) number(n uint64) { *f = binary.AppendUvarint(*f, n) }

func (f *frame) signed(n int64) { *f = binary.AppendVarint(*f, n) }

func (f *frame) text(s string) {
	f.number(uint64(len(s)))
	*f = append(*f, s...)
}

func (f *frame) bytes(b []byte) {
	f.number(uint64(len(b)))
	*f = append(*f, b...)
}

func (f *frame) fault(bad *fault.Fault) error {
	if bad == nil {
		f.text("")
		return nil
	}
	raw, err := json.Marshal(bad)
	f.bytes(raw)
	return err
}

func (f *frame) send(w io.Writer) error {
	if len(*f)-4 > maxFrame {
		return errFrameTooLarge
	}
	binary.LittleEndian.PutUint32(*f, uint32(len(*f)-4)) //nolint:gosec // bounded above
	_, err := w.Write(*f)
	return err
}

// receive reads one message. The text is a copy that the reader may keep.
func receive(r io.Reader, buffer []byte) (fields, []byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return fields{}, buffer, err
	}
	n := int(binary.LittleEndian.Uint32(head[:]))
	if n > maxFrame {
		return fields{}, buffer, errFrameTooLarge
	}
	if cap(buffer) < n {
		buffer = make([]byte, n)
	}
	buffer = buffer[:n]
	if _, err := io.ReadFull(r, buffer); err != nil {
		return fields{}, buffer, err
	}
	return fields{rest: string(buffer)}, buffer, nil
}

// fields reads a message. After a malformed field everything reads as zero.
type fields struct {
	rest string
	bad  bool
}

func (f *fields) number() uint64 {
	var n uint64
	for shift := uint(0); shift < 64; shift += 7 {
		if f.rest == "" {
			break
		}
		c := f.rest[0]
		f.rest = f.rest[1:]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
	f.fail()
	return 0
}

func (f *fields) signed() int64 {
	u := f.number()
	n := int64(u >> 1) // zigzag form
	if u&1 != 0 {
		n = ^n
	}
	return n
}

func (f *fields) text() string {
	n := f.number()
	if n > uint64(len(f.rest)) {
		f.fail()
		return ""
	}
	s := f.rest[:n]
	f.rest = f.rest[n:]
	return s
}

// count reads the length of a list of which every element takes at least one byte.
func (f *fields) count() int {
	n := f.number()
	if n > uint64(len(f.rest)) {
		f.fail()
		return 0
	}
	return int(n) //nolint:gosec // bounded by the frame
}

func (f *fields) fail() { f.rest, f.bad = "", true }

func (f *fields) err() error {
	if f.bad || f.rest != "" {
		return errMalformed
	}
	return nil
}

func (f *fields) fault() *fault.Fault {
	text := f.text()
	if text == "" {
		return nil
	}
	var bad fault.Fault
	if json.Unmarshal([]byte(text), &bad) != nil {
		f.fail()
	}
	return &bad
}
