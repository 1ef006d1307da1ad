package enginetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// ERP is a target in memory that refuses numbers it holds already. What it is told to
// update by the id that it gave, it changes.
type ERP struct {
	mu    sync.Mutex
	bills map[string][]byte
	order []string
	// Class, Batch and Answers make it another kind of target: one that knows a number
	// again, takes it for the same object, or makes one object a row whatever its number;
	// one that takes all rows of a call or none; one that counts its rows or answers for
	// all of them. Without them it is of class B, takes rows one by one and answers so.
	Class   manifest.Class
	Batch   manifest.BatchForm
	Answers manifest.AnswerForm
	// Repeats is what a number means that the target holds already, where it is not as the
	// class has it: Refused, or another object (Taken).
	Repeats Repeats
	// Lag is how long look-ups by Clock miss what was written.
	Lag   time.Duration
	Clock func() time.Time
	// Status is, by number, how far a bill went: "submitted", "audited" or "" for neither.
	// Only a bill of no status is changed and submitted, only a submitted one audited.
	Status map[string]string
	// Acts are the actions that were made, in their order: "submit n1".
	Acts []string
	// Writes counts write calls, Probes look-ups; Metas are what came with both.
	Writes, Probes int
	Metas          []connector.Meta
	// Changes counts the objects that were changed.
	Changes int
	// Hidden are numbers that look-ups do not see yet.
	Hidden map[string]bool
	// Lose, by the number of the write call from 1, applies a call and loses its answer.
	Lose func(write int) bool
	// Refuse gives a code with which a row is refused, "" to take it.
	Refuse func(no string) string
	// Action gives a code with which an action on a bill is refused, "" to make it.
	Action func(action, no string) string
	// Hang runs before a call, outside of the lock: it may wait, and makes the call fail.
	Hang func(context.Context) error
	// Fail makes a whole call fail before anything is applied.
	Fail func(write int) error
	// Whole makes a whole call fail by the numbers in it, before anything is applied.
	Whole func(nos []string) error
	// Deaf makes a look-up fail.
	Deaf func(probe int) error
	// Answer changes the answer for a row that was taken.
	Answer func(connector.Answer) connector.Answer
	// Silent leaves rows out of the answer, although they are applied.
	Silent func(no string) bool
	// Mix changes the answers of a call as a whole: their order or their number.
	Mix func([]connector.Answer) []connector.Answer

	written map[string]time.Time
	sent    map[string]int
}

// Repeats is what a target does with a number that it holds already.
type Repeats int8

// The ways of a target with a number that it holds.
const (
	AsClassed Repeats = iota
	Refused
	Taken
)

// Check implements connector.Session.
func (e *ERP) Check(context.Context) (connector.Health, error) { return connector.Health{}, nil }

// Close implements connector.Session.
func (e *ERP) Close(context.Context) error { return nil }

// Query implements connector.Session.
func (e *ERP) Query(context.Context, connector.QueryRequest) (connector.Page, error) {
	return connector.Page{}, fault.New("acme.no_query", "there is nothing to query")
}

// Bills gives what was written, by number, and the order of writing.
func (e *ERP) Bills() (map[string][]byte, []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bills, e.order
}

// Sent counts the rows of a number that came in calls, whatever became of them.
func (e *ERP) Sent(no string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sent[no]
}

// Put makes a bill that nobody here wrote.
func (e *ERP) Put(no, body string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.put(no, []byte(body))
}

func (e *ERP) put(no string, body []byte) {
	if e.bills == nil {
		e.bills, e.written = map[string][]byte{}, map[string]time.Time{}
	}
	e.bills[no] = bytes.Clone(body)
	if e.order = append(e.order, no); e.Clock != nil {
		e.written[no] = e.Clock()
	}
}

// Write implements connector.Writer.
func (e *ERP) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if e.Hang != nil {
		if err := e.Hang(ctx); err != nil {
			return connector.Answers{}, err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Writes++
	e.Metas = append(e.Metas, batch.Meta)
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, err
	}
	if err := e.reached(rows); err != nil {
		return connector.Answers{}, err
	}
	answers, err := e.batch(batch, rows)
	if e.Lose != nil && e.Lose(e.Writes) {
		return connector.Answers{}, fault.New("http.timeout", "the system did not answer in time").Classed(fault.Transient)
	}
	if e.Mix != nil {
		answers.Rows = e.Mix(answers.Rows)
	}
	answers.Raw = []byte(`{"ok":true}`)
	return answers, err
}

// reached notes the rows of a call and gives why it fails before anything is applied.
func (e *ERP) reached(rows [][]byte) error {
	if e.sent == nil {
		e.sent = map[string]int{}
	}
	nos := make([]string, len(rows))
	for i, row := range rows {
		nos[i] = item.Of(row).Field("no").Text()
		e.sent[nos[i]]++
	}
	if e.Fail != nil {
		if err := e.Fail(e.Writes); err != nil {
			return err
		}
	}
	if e.Whole != nil {
		return e.Whole(nos)
	}
	return nil
}

// batch takes the rows of a call as the batch form has it, and answers as the answer form has it.
func (e *ERP) batch(batch connector.Batch, rows [][]byte) (connector.Answers, error) {
	codes := make([]string, len(rows)) // of the rows of a call that is taken as a whole
	none := false
	for i, row := range rows {
		if e.Batch == manifest.Atomic {
			codes[i] = e.check(batch, row)
			none = none || codes[i] != ""
		}
	}
	var answers connector.Answers
	var refused []connector.Answer
	for i, row := range rows {
		a := connector.Answer{Outcome: connector.Unknown}
		no := item.Of(row).Field("no").Text()
		code := codes[i]
		if e.Batch != manifest.Atomic {
			code = e.check(batch, row)
		}
		switch {
		case code != "":
			a = refusal(code, no)
			refused = append(refused, a)
		case !none:
			a = e.take(batch, no, row)
		}
		answers.Rows = append(answers.Rows, a)
	}
	taken := 0
	for _, a := range answers.Rows {
		if !none && a.Outcome != connector.Rejected {
			taken++
		}
	}
	switch e.Answers {
	case manifest.Counts:
		for i := range answers.Rows {
			switch {
			case i < taken:
				answers.Rows[i] = connector.Answer{Outcome: connector.Done}
			case taken == 0:
				answers.Rows[i] = refusal(refused[0].Code, "a row")
			default:
				answers.Rows[i] = connector.Answer{Outcome: connector.Unknown}
			}
		}
	case manifest.All:
		if len(refused) > 0 {
			return connector.Answers{}, fault.New("vendor."+refused[0].Code, "%s", refused[0].Message).Classed(classOf(refused[0].Code))
		}
		for i := range answers.Rows {
			answers.Rows[i] = connector.Answer{Outcome: connector.Done}
		}
	case manifest.PerRow:
	}
	return answers, nil
}

func refusal(code, no string) connector.Answer {
	if code == "dup" {
		return connector.Answer{Outcome: connector.Rejected, Code: code, Message: no + " exists"}
	}
	a := connector.Answer{Outcome: connector.Rejected, Code: code, Message: "refused: " + code}
	if code == "missing" {
		a.Field = "sku" // it names the last part only
	}
	return a
}

// classOf is the class that the manifest of the stand-in vendor has for a code.
func classOf(code string) fault.Class {
	switch code {
	case "dup":
		return fault.Duplicate
	case "missing":
		return fault.BusinessWait
	case "busy":
		return fault.Rate
	default:
		return fault.Data
	}
}

// check gives the code that a row is refused with, "" when it may be taken.
func (e *ERP) check(batch connector.Batch, row []byte) string {
	no := item.Of(row).Field("no").Text()
	if e.Refuse != nil {
		if code := e.Refuse(no); code != "" {
			return code
		}
	}
	acts := batch.Operation == "submit" || batch.Operation == "audit"
	if acts && e.Action != nil {
		if code := e.Action(batch.Operation, no); code != "" {
			return code
		}
	}
	switch status := e.Status[no]; {
	case !acts:
	case e.bills[no] == nil:
		return "absent"
	case batch.Operation == "submit" || status == "audited":
		return status
	case status == "":
		return "not_submitted"
	default:
		return ""
	}
	held := e.bills[no] != nil
	switch {
	case batch.Mode == connector.Update && (!held || item.Of(row).Field("id").Text() != "id-"+no):
		return "absent"
	case batch.Mode == connector.Update && e.Status[no] != "":
		return "locked"
	case batch.Mode != connector.Update && held && e.refusesRepeats():
		return "dup"
	default:
		return ""
	}
}

func (e *ERP) refusesRepeats() bool {
	return e.Repeats == Refused || e.Repeats == AsClassed && cmp.Or(e.Class, manifest.QueryableKey) == manifest.QueryableKey
}

// visible reports whether a look-up sees what is held under a number.
func (e *ERP) visible(no string) bool {
	return e.bills[no] != nil && !e.Hidden[no] && (e.Clock == nil || !e.Clock().Before(e.written[no].Add(e.Lag)))
}

func (e *ERP) take(batch connector.Batch, no string, row []byte) connector.Answer {
	switch held := e.bills[no] != nil; {
	case batch.Operation == "submit" || batch.Operation == "audit":
		if e.Status == nil {
			e.Status = map[string]string{}
		}
		e.Status[no] = batch.Operation + "ted"
		if batch.Operation == "audit" {
			e.Status[no] = "audited"
		}
		e.Acts = append(e.Acts, batch.Operation+" "+no)
	case held && (batch.Mode == connector.Update || e.Class == manifest.Upsert):
		e.bills[no] = bytes.Clone(row)
		e.Changes++
	case held && e.Class == manifest.NativeKey:
	default:
		e.put(no, row)
	}
	if e.Silent != nil && e.Silent(no) {
		return connector.Answer{Outcome: connector.Unknown}
	}
	answer := connector.Answer{Outcome: connector.Done, ID: "id-" + no, Number: no, Raw: fmt.Appendf(nil, `{"Id":"id-%s","Number":%q,"extra":1}`, no, no)}
	if e.Answer != nil {
		answer = e.Answer(answer)
	}
	return answer
}

// Probe implements connector.Prober.
func (e *ERP) Probe(_ context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Probes++
	e.Metas = append(e.Metas, req.Meta)
	if e.Deaf != nil {
		if err := e.Deaf(e.Probes); err != nil {
			return nil, err
		}
	}
	found := make([]connector.Found, len(req.Keys))
	for i, no := range req.Keys {
		if e.visible(no) {
			found[i] = connector.Found{Exists: true, ID: "id-" + no, Number: no, Object: e.bills[no]}
		}
	}
	return found, nil
}

var (
	_ connector.Writer = (*ERP)(nil)
	_ connector.Prober = (*ERP)(nil)
)
