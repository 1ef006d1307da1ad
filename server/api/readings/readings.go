// Package readings is the part of the interface that is about how far sources are read:
// sweeps, ranges of the past and cursors.
//
// It may import huma, server/api/rest, server/reading and engine/ledger: never another
// service, a store or gin.
package readings

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/reading"
)

type sourceReadings struct {
	Items   []sourceReading `json:"items"`
	Code    string          `json:"code,omitempty" doc:"Why nothing can be told of them"`
	Message string          `json:"message,omitempty"`
}

type sourceReading struct {
	Node        string        `json:"node"`
	Title       string        `json:"title"`
	Connection  string        `json:"connection"`
	Operation   string        `json:"operation"`
	ByTime      bool          `json:"byTime" doc:"Whether it selects by time; without it every run reads everything, and there is nothing else to tell"`
	Zone        string        `json:"zone" doc:"The zone in which the source tells the time"`
	StartFrom   *time.Time    `json:"startFrom,omitempty"`
	Cursor      *time.Time    `json:"cursor,omitempty" doc:"Up to where everything was read; absent before the first run"`
	CoveredFrom *time.Time    `json:"coveredFrom,omitempty" doc:"Where what was read begins"`
	Last        *readWindow   `json:"last,omitempty" doc:"The live window that ended last"`
	Open        *readWindow   `json:"open,omitempty" doc:"A live window that was begun and not read to its end"`
	Clock       string        `json:"clock" enum:"unknown,right,apart,wrong,own" doc:"own: the source lives in a time of its own, such as a simulation"`
	Ahead       int64         `json:"aheadSeconds" doc:"How far the source's clock is ahead of ours"`
	ClockAt     *time.Time    `json:"clockAt,omitempty" doc:"When that was measured"`
	Sweep       *sourceSweep  `json:"sweep,omitempty"`
	Past        []pastReading `json:"past" doc:"The newest sweeps and ranges of the past"`
	Resets      []cursorReset `json:"resets" doc:"The newest resets of the cursor"`
}

type readWindow struct {
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
	Done *time.Time `json:"doneAt,omitempty"`
	Run  string     `json:"run"`
}

type sourceSweep struct {
	Schedule string     `json:"schedule" doc:"Empty where only people start it"`
	LookBack int64      `json:"lookBackSeconds"`
	Next     *time.Time `json:"next,omitempty"`
	Wider    int64      `json:"widerSeconds,omitempty" doc:"A longer look-back to think of, where the last sweeps found something"`
}

type pastReading struct {
	Run       string     `json:"run"`
	Kind      string     `json:"kind" enum:"sweep,backfill"`
	State     string     `json:"state" enum:"queued,running,done,failed,cancelled"`
	Reading   bool       `json:"reading" doc:"It still reads, or waits for its turn"`
	Paused    bool       `json:"paused"`
	From      *time.Time `json:"from,omitempty"`
	To        *time.Time `json:"to,omitempty"`
	Reached   *time.Time `json:"reached,omitempty" doc:"Up to where the range was read"`
	Windows   int        `json:"windows" doc:"How many windows were read"`
	Cut       int        `json:"windowsAll,omitempty" doc:"Into how many windows the range is cut; absent where nobody knows yet"`
	Percent   int        `json:"percent"`
	Found     int        `json:"found" doc:"Documents that the ledger did not have"`
	Pulled    int        `json:"pulled"`
	Unchanged int        `json:"unchanged"`
	Rate      int        `json:"perMinute" doc:"Documents a minute since it began"`
	Left      *int64     `json:"leftSeconds,omitempty" doc:"How long it is likely to go on"`
	StartedAt *time.Time `json:"startedAt,omitempty"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
	Code      string     `json:"code,omitempty"`
	Message   string     `json:"message,omitempty"`
}

type cursorReset struct {
	From  *time.Time `json:"from,omitempty"`
	To    *time.Time `json:"to"`
	Actor string     `json:"actor"`
	Note  string     `json:"note,omitempty"`
	At    *time.Time `json:"at"`
}

type backfillEstimate struct {
	From      time.Time  `json:"from"`
	To        time.Time  `json:"to"`
	Windows   int        `json:"windows"`
	Sampled   int        `json:"sampled" doc:"How many of them were asked for"`
	Calls     int        `json:"calls"`
	AtLeast   bool       `json:"atLeast" doc:"There may be more calls: the source does not tell how much there is"`
	Documents *int       `json:"documents,omitempty" doc:"Absent where nobody knows"`
	Seconds   int64      `json:"seconds"`
	HoleFrom  *time.Time `json:"holeFrom,omitempty" doc:"A time that neither this range nor what was read covers"`
	HoleTo    *time.Time `json:"holeTo,omitempty"`
}

type cursorPreview struct {
	From    *time.Time        `json:"from,omitempty" doc:"Where the cursor is; absent where nothing was read"`
	To      time.Time         `json:"to"`
	Version int64             `json:"version" doc:"What the reset is told"`
	Begins  time.Time         `json:"begins" doc:"Where the next window begins"`
	Again   *backfillEstimate `json:"again,omitempty" doc:"What is read once more"`
	Stored  *int              `json:"stored,omitempty" doc:"Documents of the range that the ledger has; at most 100,000 are counted"`
	Skipped bool              `json:"skipped" doc:"What lies between is not read by itself any more"`
}

type readingRun struct {
	ID string `json:"id"`
}

// SourceInput names a source of a flow. It is exported, for the fields of an embedded
// type that is not are never filled in.
type SourceInput struct {
	rest.IDInput

	Node string `path:"node"`
}

type sweepInput struct {
	SourceInput

	Body *struct{}
}

type backfillInput struct {
	SourceInput

	Body struct {
		From time.Time `json:"from"`
		To   time.Time `json:"to"`
	}
}

type cursorPreviewInput struct {
	SourceInput

	Body struct {
		To time.Time `json:"to"`
	}
}

type cursorResetInput struct {
	SourceInput

	Body struct {
		To      time.Time `json:"to"`
		Version int64     `json:"version" doc:"The preview's"`
		Note    string    `json:"note,omitempty"`
	}
}

type server struct {
	*rest.Kit

	reading *reading.Service
	clock   func() time.Time
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *reading.Service, clock func() time.Time) {
	s := &server{kit, service, clock}
	const at = "/flows/{id}/sources/{node}"
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/sources", "listSources", "How far the sources of a flow's published version are read", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[sourceReadings], error) {
			all, err := s.reading.Sources(ctx, in.ID)
			return rest.Answer(s.list(ctx, all), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, at+"/sweep", "sweepSource", "Look through a source for what was missed", http.StatusAccepted),
		rest.Handle(s.Kit, func(ctx context.Context, in *sweepInput) (*rest.Body[readingRun], error) {
			id, err := s.reading.Sweep(ctx, in.ID, in.Node)
			return rest.Answer(readingRun{rest.IDText(id)}, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, at+"/backfill/estimate", "estimateBackfill", "What reading a range of the past is likely to cost", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *backfillInput) (*rest.Body[backfillEstimate], error) {
			e, err := s.reading.Estimate(ctx, in.ID, in.Node, in.Body.From, in.Body.To)
			return rest.Answer(*estimated(&e), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, at+"/backfill", "backfillSource", "Read a range of the past", http.StatusAccepted),
		rest.Handle(s.Kit, func(ctx context.Context, in *backfillInput) (*rest.Body[readingRun], error) {
			id, err := s.reading.Backfill(ctx, in.ID, in.Node, in.Body.From, in.Body.To)
			return rest.Answer(readingRun{rest.IDText(id)}, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, at+"/cursor/preview", "previewCursor", "What putting the cursor to a time does", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *cursorPreviewInput) (*rest.Body[cursorPreview], error) {
			p, err := s.reading.Preview(ctx, in.ID, in.Node, in.Body.To)
			return rest.Answer(previewed(p), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, at+"/cursor", "resetCursor", "Put the cursor to a time", http.StatusNoContent),
		rest.Handle(s.Kit, func(ctx context.Context, in *cursorResetInput) (*struct{}, error) {
			return nil, s.reading.Reset(ctx, in.ID, in.Node, in.Body.To, in.Body.Version, in.Body.Note)
		}))
}

func (s *server) list(ctx context.Context, all reading.Sources) sourceReadings {
	v := sourceReadings{Items: make([]sourceReading, len(all.Items))}
	for i, source := range all.Items {
		v.Items[i] = s.view(ctx, source)
	}
	if f := all.Trouble; f != nil {
		v.Code = f.Code
		v.Message, _ = s.Words.Say(rest.AboutOf(ctx).Language, f.Code, f.Message, f.Hint, f.Args)
	}
	return v
}

func (s *server) view(ctx context.Context, source reading.Source) sourceReading {
	v := sourceReading{
		Node: source.Node, Title: source.Title, Connection: source.Connection, Operation: source.Operation, ByTime: source.ByTime, Zone: source.Zone.String(),
		StartFrom: when(source.StartFrom), Cursor: rest.When(source.Stream.Watermark), CoveredFrom: rest.When(source.Coverage.From), Clock: source.Clock(),
		Ahead: int64(source.Stream.Ahead / time.Second), ClockAt: rest.When(source.Stream.ClockAt), Past: make([]pastReading, len(source.Past)), Resets: make([]cursorReset, len(source.Resets)),
	}
	if source.Coverage.Last.ID != 0 {
		v.Last = window(source.Coverage.Last)
		v.Last.Done = rest.When(source.Coverage.Done)
	}
	if source.Open != nil {
		v.Open = window(*source.Open)
	}
	if source.ByTime {
		v.Sweep = &sourceSweep{
			Schedule: source.Sweep.Schedule, LookBack: int64(source.Sweep.LookBack / time.Second), Next: when(source.NextSweep), Wider: int64(source.Wider / time.Second),
		}
	}
	for i, p := range source.Past {
		v.Past[i] = s.past(ctx, p)
	}
	for i, r := range source.Resets {
		v.Resets[i] = cursorReset{From: rest.When(r.From), To: rest.When(r.To), Actor: r.Actor, Note: r.Note, At: rest.When(r.At)}
	}
	return v
}

func (s *server) past(ctx context.Context, p reading.Past) pastReading {
	now := ledger.At(s.clock())
	v := pastReading{
		Run: rest.IDText(p.ID), Kind: p.Kind(), State: p.State.String(), Reading: p.Reads(), Paused: p.Paused, From: rest.When(p.Begins()), To: rest.When(p.Ends()),
		Reached: rest.When(p.Reached), Windows: p.Windows, Cut: p.Cut, Percent: p.Percent(), Found: p.Found(), Pulled: p.Counts[ledger.SlotPulled], Unchanged: p.Counts[ledger.SlotUnchanged],
		Rate: p.Rate(now), StartedAt: rest.When(p.Started), EndedAt: rest.When(p.Ended), Code: p.Code,
	}
	if left, known := p.Left(now); known {
		seconds := int64(left / time.Second)
		v.Left = &seconds
	}
	v.Message, _ = s.Words.Say(rest.AboutOf(ctx).Language, p.Code, p.Message, "", p.Args)
	return v
}

func window(w ledger.Window) *readWindow {
	return &readWindow{From: rest.When(w.From), To: rest.When(w.To), Run: rest.IDText(w.Run)}
}

func estimated(e *reading.Estimate) *backfillEstimate {
	if e == nil {
		return nil
	}
	v := &backfillEstimate{
		From: e.From.UTC(), To: e.To.UTC(), Windows: e.Windows, Sampled: e.Sampled, Calls: e.Calls, AtLeast: e.AtLeast, Seconds: int64((e.Takes + time.Second - 1) / time.Second),
		HoleFrom: when(e.Hole), HoleTo: when(e.Until),
	}
	if e.Documents >= 0 {
		v.Documents = &e.Documents
	}
	return v
}

func previewed(p reading.Preview) cursorPreview {
	v := cursorPreview{From: when(p.From), To: p.To.UTC(), Version: p.Version, Begins: p.Begins.UTC(), Again: estimated(p.Again), Skipped: p.Skipped}
	if p.Stored >= 0 {
		v.Stored = &p.Stored
	}
	return v
}

// when gives an instant for JSON, nil for none.
func when(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}
