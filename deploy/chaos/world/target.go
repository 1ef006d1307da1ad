package world

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/deploy/chaos/truth"
)

// TargetFaults are how likely a write call meets what.
type TargetFaults struct {
	// Lost is applied and never answered; half of the answers are cut in the middle.
	Lost float64
	// Hung is applied and answered too late.
	Hung float64
	// Cut is neither applied nor answered.
	Cut float64
	// Refused is not applied: 503, 429 or an error envelope in a 200.
	Refused float64
	// Partial refuses one row of the batch for now; Unnamed leaves one out of the answer.
	Partial, Unnamed float64
	// Slow is answered late, but in time.
	Slow float64
	// Blind fails a look-up.
	Blind float64
}

// Codes of rows in an answer.
const (
	codeData      = 7
	codeDuplicate = 9
	codeBusy      = 41
	codeDown      = 500
)

// readLag is how long a new object stays invisible to a look-up.
const readLag = 250 * time.Millisecond

// Target is a fake target.
type Target struct {
	lane *Lane
	dice *dice

	mu      sync.Mutex
	writes  []truth.Write
	objects []*object
	byKey   map[string]*object
	faults  TargetFaults
	// lose is how many of the next calls lose their answer for certain.
	lose int
}

type object struct {
	truth.Object

	made time.Time
}

func newTarget(l *Lane, d *dice) *Target {
	return &Target{lane: l, dice: d, byKey: map[string]*object{}}
}

// Fail sets the faults and gives those before.
func (t *Target) Fail(f TargetFaults) TargetFaults {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.faults
	t.faults = f
	return was
}

// Lose loses the answers of the next calls, writebacks not among them.
func (t *Target) Lose(calls int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lose = calls
}

// loses decides whether a writeback's answer is lost.
func (t *Target) loses() bool {
	t.mu.Lock()
	lost := t.faults.Lost
	t.mu.Unlock()
	return t.dice.in(lost)
}

// Holds gives how many objects of a key there are.
func (t *Target) Holds(key string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, o := range t.objects {
		if o.Key == key {
			n++
		}
	}
	return n
}

func (t *Target) ledger() ([]truth.Write, []truth.Object) {
	t.mu.Lock()
	defer t.mu.Unlock()
	objects := make([]truth.Object, len(t.objects))
	for i, o := range t.objects {
		objects[i] = o.Object
	}
	return slices.Clone(t.writes), objects
}

// bill is a row as it is written.
type bill struct {
	No     string       `json:"no"`
	Rev    int          `json:"rev"`
	Amount number       `json:"amount"`
	Paid   string       `json:"paid"`
	Status truth.Status `json:"status"`
}

type rowAnswer struct {
	No      string `json:"no"`
	Code    int    `json:"code"`
	ID      string `json:"id,omitempty"`
	Message string `json:"message,omitempty"`
}

type writeAnswer struct {
	Code    int         `json:"code"`
	Message string      `json:"message,omitempty"`
	Rows    []rowAnswer `json:"rows,omitempty"`
}

// fate is what becomes of a call.
type fate struct{ lost, hung, cut, refused, partial, unnamed, slow bool }

func (t *Target) fate() fate {
	t.mu.Lock()
	f := t.faults
	certain := t.lose > 0
	if certain {
		t.lose--
	}
	t.mu.Unlock()
	return fate{
		lost: certain || t.dice.in(f.Lost), hung: t.dice.in(f.Hung), cut: t.dice.in(f.Cut), refused: t.dice.in(f.Refused),
		partial: t.dice.in(f.Partial), unnamed: t.dice.in(f.Unnamed), slow: t.dice.in(f.Slow),
	}
}

func (t *Target) write(out http.ResponseWriter, req *http.Request) {
	var in struct {
		Rows []bill `json:"rows"`
	}
	if err := read(req, &in); err != nil || len(in.Rows) == 0 {
		http.Error(out, "bad request", http.StatusBadRequest)
		return
	}
	fate := t.fate()
	if !fate.lost && !fate.hung && (fate.cut || fate.refused) {
		t.lane.note("target", "write", "fail", map[string]any{"rows": keys(in.Rows), "cut": fate.cut})
		t.refuse(out, fate)
		return
	}
	if fate.slow {
		wait(req, time.Duration(50+t.dice.below(300))*time.Millisecond)
	}
	whole := !fate.lost && !fate.hung
	answers := t.take(in.Rows, fate, whole)
	t.lane.world.wrote()
	kind := "ok"
	if !whole {
		kind = "unknown"
	}
	t.lane.note("target", "write", kind, map[string]any{"rows": keys(in.Rows), "answers": answers})
	switch {
	case fate.lost && t.dice.in(0.5):
		hangUp(out, half)
	case fate.lost:
		hangUp(out, "")
	case fate.hung:
		wait(req, hang)
		hangUp(out, "")
	default:
		answer(out, writeAnswer{Rows: answers})
	}
}

// refuse answers a call of which nothing was applied.
func (t *Target) refuse(out http.ResponseWriter, fate fate) {
	switch {
	case fate.cut:
		hangUp(out, "")
	case t.dice.in(0.4):
		answer(out, writeAnswer{Code: codeDown, Message: "the service is busy"})
	case t.dice.in(0.5):
		out.Header().Set("Retry-After", "1")
		http.Error(out, "too many requests", http.StatusTooManyRequests)
	default:
		http.Error(out, "unavailable", http.StatusServiceUnavailable)
	}
}

// take applies the rows of a call and gives what is to be answered for them.
func (t *Target) take(rows []bill, fate fate, answered bool) []rowAnswer {
	refused, unnamed := -1, -1
	if fate.partial {
		refused = t.dice.below(len(rows))
	}
	if fate.unnamed {
		unnamed = t.dice.below(len(rows))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var answers []rowAnswer
	for i, r := range rows {
		a := rowAnswer{No: r.No, Code: codeBusy, Message: "another user works on it"}
		if i != refused {
			a = t.apply(r, answered && i != unnamed)
		}
		if i != unnamed {
			answers = append(answers, a)
		}
	}
	return answers
}

// apply does one row by the class. The target is locked.
func (t *Target) apply(r bill, answered bool) rowAnswer {
	if r.Status == truth.Poison {
		return rowAnswer{No: r.No, Code: codeData, Message: "the amount is not allowed"}
	}
	known := t.byKey[r.No]
	w := truth.Write{Seq: len(t.writes) + 1, Key: r.No, Rev: r.Rev, Amount: string(r.Amount), Paid: r.Paid, Answered: answered}
	switch {
	case known != nil && t.lane.Class == truth.B:
		return rowAnswer{No: r.No, Code: codeDuplicate, Message: "the number exists already"}
	case known != nil && t.lane.Class == truth.A:
		w.Met = true
	case known != nil && t.lane.Class == truth.C:
		known.Rev, known.Amount, known.Paid = r.Rev, string(r.Amount), r.Paid
	default:
		known = &object{truth.Object{
			ID: "OBJ-" + strconv.Itoa(len(t.objects)+1), Key: r.No, Rev: r.Rev, Amount: string(r.Amount), Paid: r.Paid,
		}, t.lane.world.Clock()}
		t.objects, t.byKey[r.No] = append(t.objects, known), known
	}
	w.Object = known.ID
	t.writes = append(t.writes, w)
	return rowAnswer{No: r.No, ID: known.ID}
}

func (t *Target) probe(out http.ResponseWriter, req *http.Request) {
	var in struct {
		Keys []string `json:"keys"`
	}
	if err := read(req, &in); err != nil {
		http.Error(out, "bad request", http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	blind := t.faults.Blind
	found := map[string]map[string]any{}
	now := t.lane.world.Clock()
	for _, key := range in.Keys {
		if o := t.byKey[key]; o != nil && now.Sub(o.made) >= readLag {
			found[key] = map[string]any{"id": o.ID, "no": o.Key, "rev": o.Rev, "amount": number(o.Amount), "paid": o.Paid}
		}
	}
	t.mu.Unlock()
	if t.dice.in(blind) {
		http.Error(out, "unavailable", http.StatusServiceUnavailable)
		return
	}
	t.lane.note("target", "probe", "ok", map[string]any{"keys": in.Keys, "found": len(found)})
	t.lane.world.progressed()
	answer(out, map[string]any{"objects": found})
}

func keys(rows []bill) []string {
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.No
	}
	return list
}
