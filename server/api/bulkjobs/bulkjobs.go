// Package bulkjobs is the part of the interface that is about one action on many documents.
//
// It may import huma, server/api/rest, server/api/sse, server/bulk, server/document,
// server/once and engine/ledger: never another service, a store or gin.
package bulkjobs

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/api/sse"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
)

// DocumentFilter selects documents.
type DocumentFilter struct {
	Flow      string `query:"flow" json:"flow,omitempty"`
	Node      string `query:"node" json:"node,omitempty"`
	State     string `query:"state" json:"state,omitempty" doc:"One or several states, separated by commas"`
	Number    string `query:"number" json:"number,omitempty" doc:"A number, a key or a target's number, or how one begins, or a document's id"`
	Code      string `query:"code" json:"code,omitempty"`
	Run       string `query:"run" json:"run,omitempty"`
	From      string `query:"updatedFrom" json:"updatedFrom,omitempty" format:"date-time" doc:"What changed last at this time or later"`
	To        string `query:"updatedTo" json:"updatedTo,omitempty" format:"date-time" doc:"What changed last before this time"`
	Attention bool   `query:"attention" json:"attention,omitempty" doc:"Only what stands still, and in a list also documents of which a call after a walk fails"`
}

// Filter gives it as the service takes it.
func (f DocumentFilter) Filter() document.Filter {
	return document.Filter{
		Flow: f.Flow, Node: f.Node, Run: f.Run, States: strings.FieldsFunc(f.State, func(r rune) bool { return r == ',' }),
		Number: f.Number, Code: f.Code, UpdatedFrom: f.From, UpdatedTo: f.To, Attention: f.Attention,
	}
}

// FilterOf is the reverse of Filter.
func FilterOf(f document.Filter) DocumentFilter {
	return DocumentFilter{
		Flow: f.Flow, Node: f.Node, Run: f.Run, State: strings.Join(f.States, ","), Number: f.Number, Code: f.Code,
		From: f.UpdatedFrom, To: f.UpdatedTo, Attention: f.Attention,
	}
}

// bulkOrder asks for one action on many documents.
type bulkOrder struct {
	Kind      string          `json:"kind" enum:"retry,resend,skip,restore"`
	Version   string          `json:"version,omitempty" enum:"published,pinned" doc:"The flow version that a retry walks with; published unless told otherwise"`
	IDs       []string        `json:"ids,omitempty" maxItems:"1000" doc:"Documents by id; without them the filter selects"`
	Filter    *DocumentFilter `json:"filter,omitempty" doc:"Of what it selects, what stands still is acted on"`
	Confirmed []string        `json:"confirmed,omitempty" maxItems:"200" doc:"Documents of which the caller says that the target does not hold what was sent"`
	Note      string          `json:"note,omitempty" maxLength:"2000"`
	Seen      time.Time       `json:"seen,omitzero" doc:"The seen of the preview that the caller looked at: what changed since is not acted on"`
}

func (o bulkOrder) request() bulk.Request {
	r := bulk.Request{Kind: o.Kind, Version: o.Version, IDs: o.IDs, Confirmed: o.Confirmed, Note: o.Note, Seen: rest.Moment(o.Seen)}
	if o.Filter != nil {
		f := o.Filter.Filter()
		r.Filter = &f
	}
	return r
}

type orderInput struct{ Body bulkOrder }

type startInput struct {
	rest.Once

	Body bulkOrder
}

type bulkGroup struct {
	State     string `json:"state,omitempty"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	Documents int    `json:"documents"`
}

type bulkPreview struct {
	Total     int            `json:"total"`
	TooMany   bool           `json:"tooMany" doc:"More are selected than one job may have"`
	Groups    []bulkGroup    `json:"groups" doc:"By state and code"`
	Examined  int            `json:"examined" doc:"How many were looked at one by one"`
	Refused   int            `json:"refused" doc:"How many of these would be left alone"`
	Reasons   []bulkGroup    `json:"reasons"`
	Undecided []undecidedDoc `json:"undecided" doc:"Whether the target holds what was sent is not known: sent again only when confirmed"`
	Seen      *time.Time     `json:"seen" doc:"When one of the selected changed last"`
}

type undecidedDoc struct {
	ID     string     `json:"id"`
	Key    string     `json:"key"`
	Number string     `json:"number"`
	Target string     `json:"target"`
	Since  *time.Time `json:"since"`
}

type bulkJob struct {
	ID        string          `json:"id"`
	Kind      string          `json:"kind" enum:"retry,resend,skip,restore"`
	Version   string          `json:"version,omitempty"`
	Filter    *DocumentFilter `json:"filter,omitempty" doc:"None where documents were named"`
	Note      string          `json:"note,omitempty"`
	Actor     string          `json:"actor"`
	State     string          `json:"state" enum:"running,paused,cancelled,done"`
	Total     int             `json:"total"`
	Done      int             `json:"done"`
	Refused   int             `json:"refused"`
	Left      int             `json:"left" doc:"Not touched yet; in a cancelled job not touched at all"`
	Open      bool            `json:"open"`
	StoppedBy string          `json:"stoppedBy,omitempty" doc:"Who paused or cancelled it"`
	Code      string          `json:"code,omitempty" doc:"Why it does not go on at the moment"`
	Message   string          `json:"message,omitempty"`
	CreatedAt *time.Time      `json:"createdAt"`
	EndedAt   *time.Time      `json:"endedAt,omitempty"`
}

type bulkRefusal struct {
	ID      string `json:"id"`
	Key     string `json:"key"`
	Number  string `json:"number"`
	Flow    string `json:"flow" doc:"The flow's title"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

type server struct {
	*rest.Kit

	jobs *bulk.Service
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, jobs *bulk.Service) {
	s := &server{kit, jobs}
	huma.Register(api, rest.Op(http.MethodPost, "/bulk-jobs/preview", "previewBulkJob", "How many documents an action would be done to, and to how many it can't be", 0),
		rest.Handle(kit, func(ctx context.Context, in *orderInput) (*rest.Body[bulkPreview], error) {
			p, err := jobs.Preview(ctx, in.Body.request())
			return rest.Answer(s.viewPreview(ctx, p), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/bulk-jobs", "startBulkJob", "Do one action to many documents, each by itself", http.StatusAccepted),
		rest.Handle(kit, func(ctx context.Context, in *startInput) (*rest.Body[bulkJob], error) {
			j, err := jobs.StartJob(once.With(ctx, in.OrderKey), in.Body.request())
			return rest.Answer(s.view(ctx, j), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/bulk-jobs", "listBulkJobs", "Jobs over many documents, the newest first", 0),
		rest.Handle(kit, func(ctx context.Context, in *rest.Paging) (*rest.Body[rest.List[bulkJob]], error) {
			page, err := jobs.List(ctx, in.After, in.Limit)
			return rest.Answer(rest.Listed(page.Items, page.Next, func(j bulk.Job) bulkJob { return s.view(ctx, j) }), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/bulk-jobs/{id}", "getBulkJob", "A job over many documents", 0), s.one(jobs.Get))
	for _, move := range []struct {
		verb, title string
		do          func(context.Context, ledger.ID) (bulk.Job, error)
	}{
		{"pause", "Let a job rest; the documents at hand come to their end", jobs.Pause},
		{"resume", "Go on with a paused job", jobs.Resume},
		{"cancel", "End a job; what is left is not touched, what was done stays done", jobs.Cancel},
	} {
		huma.Register(api, rest.Op(http.MethodPost, "/bulk-jobs/{id}/"+move.verb, move.verb+"BulkJob", move.title, 0), s.order(move.do))
	}
	s.results(api)
}

// one answers with a job.
func (s *server) one(do func(context.Context, ledger.ID) (bulk.Job, error)) func(context.Context, *rest.IDInput) (*rest.Body[bulkJob], error) {
	return rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[bulkJob], error) {
		id, err := in.Number()
		if err != nil {
			return nil, err
		}
		j, err := do(ctx, id)
		return rest.Answer(s.view(ctx, j), err)
	})
}

// order carries an order without a body out.
func (s *server) order(do func(context.Context, ledger.ID) (bulk.Job, error)) func(context.Context, *rest.IDOrder) (*rest.Body[bulkJob], error) {
	return rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDOrder) (*rest.Body[bulkJob], error) {
		id, err := in.Number()
		if err != nil {
			return nil, err
		}
		j, err := do(ctx, id)
		return rest.Answer(s.view(ctx, j), err)
	})
}

func (s *server) results(api huma.API) {
	type refusalsInput struct {
		rest.IDInput
		rest.Paging
	}
	huma.Register(api, rest.Op(http.MethodGet, "/bulk-jobs/{id}/refusals", "listBulkRefusals", "The documents that a job could not act on, and why", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *refusalsInput) (*rest.Body[rest.List[bulkRefusal]], error) {
			id, err := in.Number()
			if err != nil {
				return nil, err
			}
			items, next, err := s.jobs.Refusals(ctx, id, in.After, in.Limit)
			return rest.Answer(rest.Listed(items, next, func(r bulk.Refused) bulkRefusal {
				return bulkRefusal{rest.IDText(r.Document), r.Key, r.Number, r.Flow, r.Code, s.say(ctx, r.Code, r.Message, r.Args)}
			}), err)
		}))
	sse.Watch(api, s.Kit, "/bulk-jobs/{id}/events", "watchBulkJob", "Server-sent events: the job as it stands, until it is over", s.jobs.Watch,
		func(ctx context.Context, snap bulk.Snapshot) sse.Snapshot {
			return sse.Snapshot{Seq: snap.Seq, At: snap.At, Final: snap.Final, Data: s.view(ctx, snap.Job)}
		})
}

func (s *server) say(ctx context.Context, code, message string, args map[string]string) string {
	text, _ := s.Words.Say(rest.AboutOf(ctx).Language, code, message, "", args)
	return text
}

func (s *server) view(ctx context.Context, j bulk.Job) bulkJob {
	v := bulkJob{
		ID: rest.IDText(j.ID), Kind: j.Kind, Version: j.Version, Note: j.Note, Actor: j.Actor, State: string(j.State), Total: j.Total, Done: j.Done, Refused: j.Refused,
		Left: j.Total - j.Done - j.Refused, Open: j.Open, StoppedBy: j.StoppedBy, Code: j.Code, CreatedAt: rest.When(j.Created), EndedAt: rest.When(j.Ended),
	}
	if j.Code != "" {
		v.Message = s.say(ctx, j.Code, "", nil)
	}
	if len(j.Choice.IDs) == 0 {
		f := FilterOf(j.Choice.Filter)
		v.Filter = &f
	}
	return v
}

func (s *server) viewGroups(ctx context.Context, groups []bulk.Group) []bulkGroup {
	views := make([]bulkGroup, len(groups))
	for i, g := range groups {
		views[i] = bulkGroup{State: g.State, Code: g.Code, Message: s.say(ctx, g.Code, g.Message, g.Args), Documents: g.Documents}
	}
	return views
}

func (s *server) viewPreview(ctx context.Context, p bulk.Preview) bulkPreview {
	view := bulkPreview{
		Total: p.Total, TooMany: p.TooMany, Groups: s.viewGroups(ctx, p.Groups), Examined: p.Examined, Refused: p.Refused, Reasons: s.viewGroups(ctx, p.Reasons),
		Undecided: make([]undecidedDoc, len(p.Undecided)), Seen: rest.When(p.Seen),
	}
	for i, u := range p.Undecided {
		view.Undecided[i] = undecidedDoc{rest.IDText(u.Document), u.Key, u.Number, u.Target, rest.When(u.Since)}
	}
	return view
}
