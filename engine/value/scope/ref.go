package scope

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/item"
)

// origin says which part of the scope a name is read from.
type origin uint8

const (
	fromDoc origin = iota
	fromSource
	fromVars
	fromParams
	fromAnswer
	fromWriteback
	fromSystem
)

// variable is a system variable.
type variable uint8

const (
	lastSyncTime variable = iota + 1
	windowEnd
	daysAgo
	minutesAgo
	pageSize
	startRow
	startPage
	token
	flowID
	runID
	targetID
	targetNumber
)

// Ref is a name in a text. It is built while the text is compiled and only read afterwards.
type Ref struct {
	name   string
	origin origin
	path   string
	system variable
	n      int
	// places are where a mapping finds the name in its frames, in order; nil
	// outside a mapping.
	places []place
	// line says that the name begins with the name of an enclosing line.
	line bool
}

// Name reads a name; want says what was expected when it is none.
func Name(name string) (r *Ref, want string) {
	switch {
	case name == "":
		return nil, "the name of a field"
	case strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, ".."):
		return nil, "a name on each side of every dot"
	}
	r = &Ref{name: name, path: name}
	if v, n, ok := systemOf(name); ok {
		r.origin, r.system, r.n = fromSystem, v, n
		return r, ""
	}
	for _, prefix := range []string{"DAYS_AGO_", "MINUTES_AGO_", "PAGINATION_"} {
		if strings.HasPrefix(name, prefix) {
			return nil, "a system variable: DAYS_AGO_n, MINUTES_AGO_n, PAGINATION_PAGE_SIZE, PAGINATION_START_ROW, PAGINATION_START_PAGE or PAGINATION_TOKEN"
		}
	}
	head, rest, dotted := strings.Cut(name, ".")
	switch {
	case name == "Id" || name == "Number":
		r.origin = fromAnswer
	case name == "primaryWriteback":
		r.origin, r.path = fromWriteback, ""
	case !dotted:
	case head == "source":
		r.origin, r.path = fromSource, rest
	case head == "vars":
		r.origin, r.path = fromVars, rest
	case head == "params":
		r.origin, r.path = fromParams, rest
	case head == "answer":
		r.origin, r.path = fromAnswer, rest
	case head == "primaryWriteback":
		r.origin, r.path = fromWriteback, rest
	}
	return r, ""
}

// IsSystem reports whether the name is a system variable.
func IsSystem(name string) bool {
	_, _, ok := systemOf(name)
	return ok
}

func systemOf(name string) (v variable, n int, ok bool) {
	switch name {
	case "LAST_SYNC_TIME":
		return lastSyncTime, 0, true
	case "WINDOW_END", "CURRENT_TIME":
		return windowEnd, 0, true
	case "PAGINATION_PAGE_SIZE":
		return pageSize, 0, true
	case "PAGINATION_START_ROW":
		return startRow, 0, true
	case "PAGINATION_START_PAGE":
		return startPage, 0, true
	case "PAGINATION_TOKEN":
		return token, 0, true
	case "FLOW_ID":
		return flowID, 0, true
	case "RUN_ID":
		return runID, 0, true
	case "TARGET_ID":
		return targetID, 0, true
	case "TARGET_NUMBER":
		return targetNumber, 0, true
	}
	v = daysAgo
	digits, found := strings.CutPrefix(name, "DAYS_AGO_")
	if !found {
		v = minutesAgo
		if digits, found = strings.CutPrefix(name, "MINUTES_AGO_"); !found {
			return 0, 0, false
		}
	}
	count, err := strconv.ParseUint(digits, 10, 24)
	return v, int(count), err == nil
}

// Eval gives the value of a placeholder: the name, through formats. It may lie in
// the scope's arena. Its error is a *fault.Fault.
func (r *Ref) Eval(s *Scope, formats []format.Format, zone *time.Location) (item.Value, error) {
	if r.origin != fromSystem && len(formats) == 0 {
		return r.Value(s), nil
	}
	var v item.Value
	if r.origin == fromSystem {
		var first format.Format
		if len(formats) > 0 {
			first, formats = formats[0], formats[1:]
		}
		var err error
		if v, err = r.variable(s, first, zone); err != nil {
			return v, err
		}
	} else {
		v = r.Value(s)
	}
	for _, f := range formats {
		mark := len(s.Arena)
		out, err := f.Append(s.Arena, v, s.Env(zone))
		if err != nil {
			return v, err
		}
		s.Arena = out
		v = item.Of(out[mark:])
	}
	return v, nil
}

// variable gives a system variable, already formatted.
func (r *Ref) variable(s *Scope, f format.Format, zone *time.Location) (item.Value, error) {
	at, isTime := r.moment(s)
	mark := len(s.Arena)
	if isTime {
		if at.IsZero() {
			return item.Value{}, nil
		}
		out, err := f.AppendTime(s.Arena, at, s.Env(zone))
		s.Arena = out
		return item.Of(out[mark:]), err
	}
	switch r.system {
	case pageSize:
		s.Arena = strconv.AppendInt(s.Arena, int64(s.System.PageSize), 10)
	case startRow:
		s.Arena = strconv.AppendInt(s.Arena, int64(s.System.StartRow), 10)
	case startPage:
		s.Arena = strconv.AppendInt(s.Arena, int64(s.System.StartPage), 10)
	case token:
		s.Arena = item.AppendText(s.Arena, s.System.Token)
	case flowID:
		s.Arena = item.AppendText(s.Arena, s.System.FlowID)
	case runID:
		s.Arena = item.AppendText(s.Arena, s.System.RunID)
	case targetID:
		s.Arena = item.AppendText(s.Arena, s.System.TargetID)
	default:
		s.Arena = item.AppendText(s.Arena, s.System.TargetNumber)
	}
	v := item.Of(s.Arena[mark:])
	if f.Zero() {
		return v, nil
	}
	mark = len(s.Arena)
	out, err := f.Append(s.Arena, v, s.Env(zone))
	s.Arena = out
	return item.Of(out[mark:]), err
}

func (r *Ref) moment(s *Scope) (at time.Time, isTime bool) {
	switch r.system {
	case lastSyncTime:
		return s.System.From, true
	case windowEnd:
		return s.System.To, true
	case daysAgo:
		if !s.System.To.IsZero() {
			at = s.System.To.Add(-time.Duration(r.n) * 24 * time.Hour)
		}
		return at, true
	case minutesAgo:
		if !s.System.To.IsZero() {
			at = s.System.To.Add(-time.Duration(r.n) * time.Minute)
		}
		return at, true
	default:
		return at, false
	}
}

// Value reads the name from the scope: the lines of the mapping from the inside
// out, the part its prefix means, the caller's lines, the document.
func (r *Ref) Value(s *Scope) item.Value {
	if r.origin == fromDoc && r.places != nil && len(s.Lines) == 0 {
		return r.placed(s, 0)
	}
	if v := r.placed(s, 1); v.Kind() != item.None {
		return v
	}
	if part, set := r.part(s); set {
		return r.in(part)
	}
	if v, ok := r.inLines(s); ok {
		return v
	}
	return s.Doc.Path(r.name)
}

// placed reads the name from the mapping's lines from a depth on; depth 0 is the document.
func (r *Ref) placed(s *Scope, least int) item.Value {
	for i := range r.places {
		if p := &r.places[i]; p.depth >= least {
			if v := p.value(s); v.Kind() != item.None {
				return v
			}
		}
	}
	return item.Value{}
}

// inLines reads the name from the caller's lines: from the one whose array it
// begins with, else from the first that knows it.
func (r *Ref) inLines(s *Scope) (item.Value, bool) {
	for i := range s.Lines {
		if s.Lines[i].Array == r.name {
			return s.Lines[i].Value, true
		}
		if rest, ok := strings.CutPrefix(r.name, s.Lines[i].Array+"."); ok {
			if v := s.Lines[i].Value.Path(rest); v.Kind() != item.None {
				return v, true
			}
		}
	}
	for i := range s.Lines {
		if v := s.Lines[i].Value.Path(r.name); v.Kind() != item.None {
			return v, true
		}
	}
	return item.Value{}, false
}

// in reads the name from its part. {{Id}} and {{Number}} are found however the
// target's answer spells them.
func (r *Ref) in(part item.Value) item.Value {
	v := part.Path(r.path)
	if v.Kind() == item.None && r.name == r.path {
		v = part.Path(strings.ToLower(r.path))
	}
	return v
}

// part gives the part of the scope the name's prefix means, when it is set.
func (r *Ref) part(s *Scope) (item.Value, bool) {
	var v item.Value
	switch r.origin {
	case fromSource:
		v = s.Source
	case fromVars:
		v = s.Vars
	case fromParams:
		v = s.Params
	case fromAnswer:
		v = s.Answer
	case fromWriteback:
		v = s.Writeback
	default:
	}
	return v, v.Kind() != item.None
}

// Each gives every value the name has: one, or one for each line it runs through
// (items.name). It gives none when the name is nowhere.
func (r *Ref) Each(s *Scope, yield func(item.Value) bool) {
	if v := r.Value(s); v.Kind() != item.None {
		yield(v)
		return
	}
	inLine := func(l Line) bool { return strings.HasPrefix(r.name, l.Array+".") }
	if r.line || r.origin == fromSystem || slices.ContainsFunc(s.Lines, inLine) {
		return
	}
	r.All(s, yield)
}

// All gives every value the name has in the whole document, also within a line of
// it: what an aggregate counts.
func (r *Ref) All(s *Scope, yield func(item.Value) bool) {
	if part, set := r.part(s); set {
		spread(part, r.path, yield)
		return
	}
	spread(s.Doc, r.name, yield)
}

// spread follows a path into every element of the lists on its way; it reports
// whether to go on.
func spread(v item.Value, path string, yield func(item.Value) bool) bool {
	if v.Kind() == item.Array {
		for e := range v.Elements() {
			if !spread(e, path, yield) {
				return false
			}
		}
		return true
	}
	if found := v.Path(path); found.Kind() != item.None {
		return yield(found)
	}
	for cut := strings.LastIndexByte(path, '.'); cut > 0; cut = strings.LastIndexByte(path[:cut], '.') {
		if below := v.Field(path[:cut]); below.Kind() == item.Array || below.Kind() == item.Object {
			return spread(below, path[cut+1:], yield)
		}
	}
	return yield(item.Value{})
}

// String gives the name as it is written.
func (r *Ref) String() string { return r.name }

// Parameter reports whether the name is a parameter of the flow.
func (r *Ref) Parameter() bool { return r.origin == fromParams }

// System reports whether the name is a system variable.
func (r *Ref) System() bool { return r.origin == fromSystem }
